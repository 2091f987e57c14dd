import type { Machine } from '../../plan/machine.ts';

/**
 * Whether scripts set up more than the loopback: ifupdown, or the `network` service of RHEL up to 7. Another service that is
 * installed too leaves the NICs to them, or has its own connections replaced.
 */
export function configuredByScripts(machine: Machine): boolean {
  const { files } = machine;
  if (files.list('/etc/rc.d/rc3.d').some((name) => /^S\d\dnetwork$/.test(name))) return true;
  if (machine.program('ifup') === undefined) return false;
  const folder = '/etc/network/interfaces.d';
  return ['/etc/network/interfaces', ...files.list(folder).map((name) => `${folder}/${name}`)].some((path) =>
    /^\s*iface\s+(?!lo\s)/m.test(files.text(path) ?? ''),
  );
}
