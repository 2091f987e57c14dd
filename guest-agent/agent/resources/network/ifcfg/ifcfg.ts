import type { GuestConfiguration } from '../../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../../plan/machine.ts';
import type { LiveAction } from '../../../plan/plan.ts';
import type { Backend } from '../../resource-backend.ts';
import { arrangeLinks, type Link } from '../links.ts';
import { planNamed } from '../named.ts';
import { planIfcfgFiles } from './ifcfg-files.ts';
import { initscriptsFiles } from './initscripts-files.ts';

const folder = '/etc/sysconfig/network-scripts';

/** ifcfg files of RHEL 6 to 8 and its kin, read by initscripts (the `network` service) and by NetworkManager's ifcfg-rh. */
export const ifcfg: Backend<GuestConfiguration['network']> = {
  name: 'ifcfg',
  suits: ({ files }) =>
    files.entry(`${folder}/ifup-eth`) !== undefined ||
    (files.entry(folder) !== undefined && plugin(files) !== undefined),
  plan: (network, owned, machine) => {
    const arranged = arrangeLinks(network);
    return planNamed(arranged, owned, machine, (links) => {
      // In the same order; NICs have both a kernel name and, here, the MAC address that their file is bound to.
      const macs = new Map(links.map(({ name }, at) => [name, arranged[at]?.name ?? '']));
      const wanted = links.flatMap((link) => initscriptsFiles(link, macs.get(link.name) ?? '', links));
      return planIfcfgFiles(folder, /^(ifcfg|route6?)-/, wanted, [], owned, machine, () =>
        live(links, machine),
      );
    });
  },
};

/** NetworkManager's plug-in for these files. */
function plugin(files: Machine['files']): string | undefined {
  return ['/usr/lib64/NetworkManager', '/usr/lib/NetworkManager']
    .flatMap((root) => [root, ...files.list(root).map((name) => `${root}/${name}`)])
    .map((path) => `${path}/libnm-settings-plugin-ifcfg-rh.so`)
    .find((path) => files.entry(path) !== undefined);
}

/** Either NetworkManager, where it runs, or ifdown and ifup of those links that change; before their first run nothing. */
function live(links: readonly Link[], machine: Machine): readonly LiveAction[] {
  const { files } = machine;
  const nmcli = machine.program('nmcli');
  if (nmcli !== undefined && files.entry('/run/NetworkManager/NetworkManager.pid') !== undefined) {
    return [
      { kind: 'command', argv: [nmcli, 'connection', 'reload'], timeoutMs: 20_000 },
      ...links
        .filter(({ kind }) => kind !== 'member')
        .map(
          ({ name }): LiveAction => ({
            kind: 'command',
            argv: [nmcli, '--wait', '25', 'connection', 'up', 'id', `ubugi ${name}`],
            timeoutMs: 30_000,
          }),
        ),
    ];
  }
  const [ifup, ifdown] = [machine.program('ifup'), machine.program('ifdown')];
  if (ifup === undefined || ifdown === undefined || files.entry('/var/lock/subsys/network') === undefined)
    return [];
  const there = links.filter(({ name }) => files.entry(`/sys/class/net/${name}`) !== undefined);
  return [
    ...[...there]
      .reverse()
      .map(({ name }): LiveAction => ({ kind: 'command', argv: [ifdown, name], timeoutMs: 20_000 })),
    ...links
      .filter(({ kind }) => kind !== 'member')
      .map(({ name }): LiveAction => ({ kind: 'command', argv: [ifup, name], timeoutMs: 30_000 })),
  ];
}
