import type { RolloutList } from '../../../../schemas/types/api.ts';
import { parseLimit } from '../../arguments/number-options.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import type { Page } from '../../output/page.ts';
import { styled } from '../../output/span.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';
import { countsText, rolloutState } from '../../views/rollout-view.ts';

interface ListFlags extends OutputFlags, ConnectionFlags {
  readonly limit: number;
}

const defaultLimit = 20;
const mostRollouts = 100;

/** `ubugi rollout list`: all rollouts. */
export function rolloutListCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'list',
    summary: 'list rollouts, newest first',
    description: 'Lists rollouts with who started them, how far they are, and why one stands still.',
    examples: [
      { purpose: 'the newest', line: 'ubugi rollout list' },
      {
        purpose: 'those that have halted',
        line: 'ubugi rollout list --json | jq \'.rollouts[] | select(.state == "halted")\'',
      },
    ],
  })
    .option('--limit <n>', `list at most so many, up to ${mostRollouts}`, parseLimit, defaultLimit)
    .option('--json', 'print one JSON document')
    .action(async (flags: ListFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const limit = Math.min(flags.limit, mostRollouts);
        const list = await output.progress('asking', async () => await api.rollouts({ limit }));
        output.result(list, (page) => {
          renderList(page, list);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}

function renderList(page: Page, { rollouts }: RolloutList): void {
  if (rollouts.length === 0) {
    page.line(styled('dim', 'no rollout yet'));
    return;
  }
  page.table(
    [
      { heading: 'STARTED' },
      { heading: 'ROLLOUT' },
      { heading: 'STATE' },
      { heading: 'STAGE' },
      { heading: 'BY', flexible: true },
      { heading: 'INSTANCES', flexible: true },
    ],
    rollouts.map((rollout) => [
      styled('dim', rollout.createdAt),
      rollout.id,
      rolloutState(rollout),
      `${rollout.stage.number} of ${rollout.stage.of}`,
      rollout.actor,
      countsText(rollout.counts),
    ]),
  );
}
