import type { Machine } from '../../plan/machine.ts';

/** Whether ifupdown sets up more than the loopback, so that another service that is installed too leaves the NICs to it. */
export function configuredByIfupdown(machine: Machine): boolean {
  const { files } = machine;
  if (machine.program('ifup') === undefined) return false;
  const folder = '/etc/network/interfaces.d';
  return ['/etc/network/interfaces', ...files.list(folder).map((name) => `${folder}/${name}`)].some((path) =>
    /^\s*iface\s+(?!lo\s)/m.test(files.text(path) ?? ''),
  );
}
