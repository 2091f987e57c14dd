import type { Machine } from '../../plan/machine.ts';
import type { LiveAction } from '../../plan/plan.ts';
import type { ServiceManager } from './service-manager.ts';

const timeoutMs = 30_000;

/** Scripts in `/etc/init.d` without a manager (sysvinit, busybox init), called as Debian's policy and the LSB have them. */
export const sysvinit: ServiceManager = {
  name: 'sysvinit',
  suits: (machine) => machine.files.entry('/etc/init.d') !== undefined,
  reload: (names, machine) => call('force-reload', names, machine),
  restart: (names, machine) => call('try-restart', names, machine),
  start: (names, machine) => call('restart', names, machine),
};

function call(verb: string, names: readonly string[], machine: Machine): readonly LiveAction[] {
  const script = names
    .map((name) => `/etc/init.d/${name}`)
    .find((path) => machine.files.entry(path) !== undefined);
  return script === undefined ? [] : [{ kind: 'command', argv: [script, verb], timeoutMs }];
}
