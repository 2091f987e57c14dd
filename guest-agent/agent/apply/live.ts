import type { LiveAction, Plan, ResourceName } from '../plan/plan.ts';
import { messageOf, type System, type ToolResult } from '../system/system.ts';
import { createRecorder, type Recorder } from './recorder.ts';

/**
 * Tells the running system what was written.
 *
 * @param recorder gets times and the output of what failed. @returns what went wrong, by resource; the files stay as written.
 */
export function runLiveActions(
  plan: Plan,
  system: System,
  recorder: Recorder = createRecorder(system.clock),
): Map<ResourceName, string> {
  const problems = new Map<ResourceName, string>();
  for (const { resource, live } of plan.resources) {
    for (const action of live) {
      const problem = recorder.measure(resource, () =>
        run(action, system, ({ output }) => recorder.keep(resource, output)),
      );
      if (problem !== undefined && !problems.has(resource)) problems.set(resource, problem);
    }
  }
  return problems;
}

function run(action: LiveAction, system: System, failed: (result: ToolResult) => void): string | undefined {
  try {
    if (action.kind === 'hostname') system.host.setHostname(action.name);
    else if (action.kind === 'end-sessions') system.processes.endSessions(action.uid);
    else return runCommand(action, system, failed);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function runCommand(
  { when, argv, timeoutMs }: Extract<LiveAction, { kind: 'command' }>,
  system: System,
  failed: (result: ToolResult) => void,
): string | undefined {
  if (when !== undefined && system.processes.run([{ argv: when, timeoutMs }])[0]?.status !== 0) {
    return undefined;
  }
  const [result] = system.processes.run([{ argv, timeoutMs }]);
  if (result === undefined || result.status === 0) return undefined;
  failed(result);
  const why = result.timedOut ? `no answer within ${timeoutMs / 1000} s` : `status ${result.status}`;
  return `${argv.join(' ')}: ${why}; ${result.output.trim().slice(-300)}`;
}
