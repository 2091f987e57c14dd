import type { Machine } from '../../plan/machine.ts';
import type { LiveAction } from '../../plan/plan.ts';
import { openrc } from './openrc.ts';
import { systemd } from './systemd.ts';
import { sysvinit } from './sysvinit.ts';

/**
 * What starts and stops services on a machine. Distributions name one service differently (`ssh`, `sshd`): each call takes
 * all its names, and the first that is installed counts. None installed: nothing to do.
 */
export interface ServiceManager {
  /** Name as its project writes it. */
  readonly name: string;
  /** Whether it is the one in use. */
  suits(machine: Machine): boolean;
  /** A service that runs reads its configuration anew, by a restart where it knows no other way. */
  reload(names: readonly string[], machine: Machine): readonly LiveAction[];
  /** A service that runs is started anew; one that does not run stays so. */
  restart(names: readonly string[], machine: Machine): readonly LiveAction[];
  /** A service is started, and again if it runs. */
  start(names: readonly string[], machine: Machine): readonly LiveAction[];
  /** Whether one of them is started at boot, as far as the files tell; asked of a root that does not run, too. */
  enables(names: readonly string[], machine: Machine): boolean;
}

/** The one in use on this machine; one that does nothing where none is known. */
export function serviceManager(machine: Machine): ServiceManager {
  return [systemd, openrc, sysvinit].find((manager) => manager.suits(machine)) ?? noServices;
}

/** Whether a service is started at boot. In a root that does not run, the init that is installed tells which manager counts. */
export function isEnabled(names: readonly string[], machine: Machine): boolean {
  const init = ['/sbin/init', '/usr/sbin/init'].map((path) => machine.files.link(path) ?? '').join();
  if (systemd.suits(machine) || init.includes('systemd')) return systemd.enables(names, machine);
  const manager = machine.files.list('/etc/runlevels').length > 0 ? openrc : sysvinit;
  return manager.enables(names, machine);
}

const noServices: ServiceManager = {
  name: 'none',
  suits: () => true,
  reload: () => [],
  restart: () => [],
  start: () => [],
  enables: () => false,
};
