import { observeMachine } from '../plan/machine.ts';
import type { ToolRun } from '../system/system.ts';
import type { WakeKeeper } from './wake.ts';

const prefix = 'ubugi-wake-';
const timeoutMs = 30_000;

/**
 * A transient timer of systemd (systemd-run(1)), named by its moment: a run that was started by one can make the next
 * before its own unit is gone, and nothing has to be reloaded. It goes by itself once it has elapsed.
 */
export const systemdTimer: WakeKeeper = {
  arrange(at, command, system) {
    const machine = observeMachine(system, { offline: false });
    const [run, control] = [machine.program('systemd-run'), machine.program('systemctl')];
    if (run === undefined || control === undefined) return [];
    const now = system.clock.now() / 1000;
    const waiting = machine.files
      .list('/run/systemd/transient')
      .map((name) => Number(/^ubugi-wake-(\d+)\.timer$/.exec(name)?.[1]))
      .filter((moment) => moment > now);
    const old = waiting.filter((moment) => moment !== at);
    const stop: ToolRun = {
      argv: [control, '--no-block', 'stop', ...old.map((moment) => `${prefix}${moment}.timer`)],
      timeoutMs,
    };
    const start =
      at === undefined || waiting.includes(at) ? [] : [{ argv: timer(run, at, command), timeoutMs }];
    return [...(old.length > 0 ? [stop] : []), ...start];
  },
};

function timer(run: string, at: number, command: readonly string[]): readonly [string, ...string[]] {
  return [
    run,
    '--quiet',
    '--no-block',
    // A run that failed has reported it; its unit must not stay.
    '--collect',
    `--unit=${prefix}${at}`,
    '--description=Ubugi: what is due on this machine',
    `--on-calendar=${calendar(at)}`,
    '--timer-property=AccuracySec=1s',
    // At boot it would wait for sysinit.target, which waits for the run that arranges this.
    '--timer-property=DefaultDependencies=no',
    ...command,
  ];
}

/** As in systemd.time(7). */
export function calendar(at: number): string {
  return new Date(at * 1000)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}
