import { DocumentedCommand } from '../documented-command.ts';
import type { Runtime } from '../runtime.ts';
import { rolloutCancelCommand, rolloutResumeCommand, rolloutRollbackCommand } from './rollout/actions.ts';
import { rolloutListCommand } from './rollout/list.ts';
import { rolloutShowCommand } from './rollout/show.ts';

/** `ubugi rollout`: regenerates in stages. */
export function rolloutCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'rollout',
    summary: 'follow and steer regenerates in stages',
    description:
      'Follows and steers what `ubugi regenerate-drive` with --canary or --batch began. A rollout is kept at the server and goes on by what the machines report, until it has changed all of them or too many fail.',
    examples: [
      {
        purpose: 'begin one',
        line: 'ubugi regenerate-drive --where project=shop --canary 2 --batch 20',
      },
      { purpose: 'all rollouts', line: 'ubugi rollout list' },
    ],
  });
  for (const subcommand of [
    rolloutListCommand(runtime),
    rolloutShowCommand(runtime),
    rolloutResumeCommand(runtime),
    rolloutCancelCommand(runtime),
    rolloutRollbackCommand(runtime),
  ]) {
    command.addCommand(subcommand);
  }
  return command;
}
