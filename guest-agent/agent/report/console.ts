import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { System } from '../system/system.ts';

const device = '/dev/console';
const waitMs = 1000;
const longest = 500;

/** Puts one line on the console, of a run that nobody called by hand. */
export function tellConsole(
  line: string,
  { offline, trigger }: { readonly offline: boolean; readonly trigger?: AgentReport['trigger'] },
  system: System,
): void {
  if (offline || trigger === undefined || system.files.entry(device) === undefined) return;
  try {
    system.host.send(device, `${line.replace(/[^ -~]+/g, ' ').slice(0, longest)}\n`, waitMs);
  } catch {
    // Not every machine has one.
  }
}
