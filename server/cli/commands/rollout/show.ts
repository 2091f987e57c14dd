import { parseSeconds } from '../../arguments/number-options.ts';
import { parseUuid } from '../../arguments/uuid-argument.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';
import { followRollout, printRollout } from './follow-rollout.ts';

interface ShowFlags extends OutputFlags, ConnectionFlags {
  readonly wait?: boolean;
  readonly waitTimeout: number;
}

/** Seconds that one looks at a rollout unless told otherwise. */
export const usualRolloutWait = 86_400;

/** `ubugi rollout show`: one rollout. */
export function rolloutShowCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'show',
    summary: 'show how far a rollout is',
    description:
      'Shows a rollout with the instances that are under way, failed or were skipped, and why it stands still if it does. With --wait follows it until it has ended or halted; the exit status is 0 only if it has finished and nothing failed. Interrupting only stops looking.',
    examples: [
      { purpose: 'how far it is', line: 'ubugi rollout show 7b0c5c0e-1d7a-4a4e-8f5b-2f6f0c9d1a11' },
      {
        purpose: 'wait for its end, in a pipeline',
        line: 'ubugi rollout show 7b0c5c0e-1d7a-4a4e-8f5b-2f6f0c9d1a11 --wait',
      },
    ],
  })
    .argument('<rollout>', 'UUID of a rollout', parseUuid)
    .option('--wait', 'wait until it has ended or halted')
    .option('--wait-timeout <seconds>', 'look no longer than this', parseSeconds, usualRolloutWait)
    .option('--json', 'print one JSON document')
    .action(async (id: string, flags: ShowFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        if (flags.wait === true) {
          const { signal } = runtime.dependencies;
          await followRollout({ api, output, signal }, id, flags.waitTimeout);
          return;
        }
        await printRollout(
          { api, output },
          await output.progress('asking', async () => await api.rollout(id)),
        );
      });
    });
  addConnectionFlags(command);
  return command;
}
