import type { Machine } from '../plan/machine.ts';

/** Where its units, runlevel links and sysvinit links stand when it is enabled. */
const enabledBy = [
  '/etc/systemd/system/multi-user.target.wants/NetworkManager.service',
  '/usr/lib/systemd/system/multi-user.target.wants/NetworkManager.service',
  ...['NetworkManager', 'networkmanager', 'network-manager'].map((name) => `/etc/runlevels/default/${name}`),
] as const;

const sysvinitLink = /^S\d\d(network-?manager|NetworkManager)$/;

/** Whether NetworkManager is installed and enabled, whether it runs already or not. */
export function usesNetworkManager(machine: Machine): boolean {
  const { files } = machine;
  if (machine.program('NetworkManager') === undefined) return false;
  if (files.link('/etc/systemd/system/NetworkManager.service') === '/dev/null') return false;
  return (
    enabledBy.some((path) => files.entry(path) !== undefined) ||
    (machine.program('systemd') === undefined &&
      files.list('/etc/rc2.d').some((name) => sysvinitLink.test(name)))
  );
}

/**
 * Its command-line client, if there is a NetworkManager that would answer. It makes the folder when it starts; others, such
 * as netplan, make only the one above.
 */
export function runningNetworkManager(machine: Machine): string | undefined {
  const runs = ['/run/NetworkManager/devices', '/run/dbus/system_bus_socket'].every(
    (path) => machine.files.entry(path) !== undefined,
  );
  return runs ? machine.program('nmcli') : undefined;
}
