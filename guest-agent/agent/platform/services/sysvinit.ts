import type { Machine } from '../../plan/machine.ts';
import type { LiveAction } from '../../plan/plan.ts';
import type { ServiceManager } from './service-manager.ts';

const timeoutMs = 30_000;

/**
 * Scripts in `/etc/init.d` without a manager (sysvinit, busybox init). Of the verbs only `start`, `stop`, `restart` and
 * `force-reload` are in all of them (Debian Policy 9.3.2): chrony's knows no `try-restart`, and its `force-reload` starts
 * what was stopped. So `status` is asked first.
 */
export const sysvinit: ServiceManager = {
  name: 'sysvinit',
  suits: (machine) => machine.files.entry('/etc/init.d') !== undefined,
  reload: (names, machine) => call('force-reload', names, machine, true),
  restart: (names, machine) => call('restart', names, machine, true),
  start: (names, machine) => call('restart', names, machine, false),
  enables: (names, { files }) =>
    ['2', '3', '4', '5', 'S'].some((level) =>
      files.list(`/etc/rc${level}.d`).some((link) => names.some((name) => isStart(link, name))),
    ),
};

function isStart(link: string, name: string): boolean {
  return /^S\d\d/.test(link) && link.slice(3) === name;
}

function call(
  verb: string,
  names: readonly string[],
  machine: Machine,
  ifRunning: boolean,
): readonly LiveAction[] {
  const script = names
    .map((name) => `/etc/init.d/${name}`)
    .find((path) => machine.files.entry(path) !== undefined);
  if (script === undefined) return [];
  const action = { kind: 'command', argv: [script, verb], timeoutMs } as const;
  return [ifRunning ? { ...action, when: [script, 'status'] } : action];
}
