import type { Machine } from '../../plan/machine.ts';
import type { LiveAction } from '../../plan/plan.ts';
import type { ServiceManager } from './service-manager.ts';

const timeoutMs = 30_000;

/** OpenRC (Alpine, Gentoo; Debian's `openrc`). `--ifstarted` leaves alone what does not run. */
export const openrc: ServiceManager = {
  name: 'OpenRC',
  suits: (machine) =>
    machine.program('rc-service') !== undefined && machine.files.entry('/run/openrc') !== undefined,
  // Many of its scripts know no reload, and one that fails must not be taken for a failure of ours.
  reload: (names, machine) => call(['--ifstarted'], 'restart', names, machine),
  restart: (names, machine) => call(['--ifstarted'], 'restart', names, machine),
  start: (names, machine) => call([], 'restart', names, machine),
  enables: (names, { files }) =>
    files
      .list('/etc/runlevels')
      .some((level) => names.some((name) => files.entry(`/etc/runlevels/${level}/${name}`) !== undefined)),
};

function call(
  options: readonly string[],
  verb: string,
  names: readonly string[],
  machine: Machine,
): readonly LiveAction[] {
  const tool = machine.program('rc-service');
  const service = names.find((name) => machine.files.entry(`/etc/init.d/${name}`) !== undefined);
  if (tool === undefined || service === undefined) return [];
  return [{ kind: 'command', argv: [tool, ...options, service, verb], timeoutMs }];
}
