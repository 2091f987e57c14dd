import type { System, ToolRun } from '../system/system.ts';
import { sleeper } from './sleeper.ts';
import { systemdTimer } from './systemd-timer.ts';

/** What starts the agent again at a moment. */
export interface WakeKeeper {
  /**
   * What has to be run so that the machine wakes at this moment and at no other; nothing if that is so already.
   *
   * @param at seconds since 1970-01-01 UTC; `undefined`: it is not to wake at all.
   * @param command the program and its arguments.
   */
  arrange(
    at: number | undefined,
    command: readonly [string, ...string[]],
    system: System,
  ): readonly ToolRun[];
}

const launcher = '/usr/lib/ubugi/ubugi-launcher';
/** Where `launch` puts the agent on images without a launcher. */
const looseAgent = '/run/ubugi/agent/ubugi-agent';

/**
 * Has the running machine apply its drive again at a moment. It lasts until the machine is switched off: each boot begins
 * with a run that arranges the next.
 *
 * @param at seconds since 1970-01-01 UTC; `undefined`: nothing is due.
 * @returns why it cannot be done, if so.
 */
export function arrangeWake(at: number | undefined, system: System): string | undefined {
  const isSystemd = system.files.entry('/run/systemd/system') !== undefined;
  const keeper = isSystemd ? systemdTimer : sleeper;
  const runs = keeper.arrange(at, wakeCommand(system), system);
  const results = system.processes.run(runs);
  const failed = results.findIndex(({ status }) => status !== 0);
  const [program] = runs[failed]?.argv ?? [];
  if (program === undefined) return undefined;
  const when = at === undefined ? 'a wake that is no longer due' : new Date(at * 1000).toISOString();
  return `${program} (for ${when}): status ${results[failed]?.status}; ${results[failed]?.output.trim().slice(-300)}`;
}

function wakeCommand(system: System): readonly [string, ...string[]] {
  return system.files.entry(launcher) === undefined
    ? [looseAgent, 'apply', '--trigger', 'timer']
    : [launcher, '--wait', '0', '--trigger', 'timer'];
}
