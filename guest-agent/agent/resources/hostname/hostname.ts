import type { FileView } from '../../plan/machine.ts';
import type { OwnedFile } from '../../plan/ownership.ts';
import { emptyPlan, type Resource } from '../../plan/plan.ts';
import { wantedBlock } from '../../plan/wanted-block.ts';
import { reconcileFiles, type WantedFile } from '../../plan/wanted-file.ts';
import { renderHosts } from './hosts.ts';

/** `/etc/hostname` and what stands for it elsewhere, our line of `/etc/hosts`, and the live name. */
export const hostname: Resource = {
  name: 'hostname',
  plan({ guest, owned }, machine) {
    const { name, fqdn } = guest.hostname;
    const hosts = renderHosts(machine.files.text('/etc/hosts') ?? '127.0.0.1 localhost\n', name, fqdn);
    const files = reconcileFiles(
      'hostname',
      [
        { path: '/etc/hostname', text: `${name}\n`, ours: false },
        { path: '/etc/hosts', text: hosts, ours: false },
        ...elsewhere(name, fqdn ?? name, owned.files, machine.files),
      ],
      owned.files,
      machine.files,
    );
    const renamed = !machine.offline && machine.hostname !== name;
    return {
      ...emptyPlan('hostname'),
      ...files,
      changes: [
        ...files.changes,
        ...(renamed ? [{ action: 'update' as const, target: 'live host name', detail: name }] : []),
      ],
      live: renamed ? [{ kind: 'hostname', name }] : [],
    };
  },
};

/**
 * Files that would give the machine another name at the next boot. Network services leave a name alone that `/etc/hostname`
 * has; OpenRC's service takes it from its own settings in some versions, and cloud-init writes what its datasource says.
 */
function elsewhere(
  name: string,
  fqdn: string,
  owned: readonly OwnedFile[],
  files: FileView,
): readonly WantedFile[] {
  const isFile = (path: string): boolean => files.entry(path)?.kind === 'file';
  return [
    ...(isFile('/etc/conf.d/hostname')
      ? wantedBlock('/etc/conf.d/hostname', [`hostname="${name}"`], 'last', owned, files)
      : []),
    // A link to /etc/hostname since SLES 12; a file of its own on Slackware.
    ...(isFile('/etc/HOSTNAME') ? [{ path: '/etc/HOSTNAME', text: `${fqdn}\n`, ours: false }] : []),
    ...(files.entry('/etc/cloud/cloud.cfg.d')?.kind === 'folder'
      ? [
          {
            path: '/etc/cloud/cloud.cfg.d/99-ubugi-hostname.cfg',
            text: '# Written by Ubugi: the name on the drive counts.\npreserve_hostname: true\nmanage_etc_hosts: false\n',
            ours: true,
          },
        ]
      : []),
  ];
}
