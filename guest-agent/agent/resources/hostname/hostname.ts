import { emptyPlan, type Resource } from '../../plan/plan.ts';
import { reconcileFiles } from '../../plan/wanted-file.ts';
import { renderHosts } from './hosts.ts';

/** `/etc/hostname`, our line of `/etc/hosts`, and the live name. */
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
