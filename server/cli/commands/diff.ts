import type { GenerationDiff } from '../../../schemas/types/api.ts';
import { parseInstance } from '../arguments/instance-argument.ts';
import { parseGeneration } from '../arguments/number-options.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import type { Page } from '../output/page.ts';
import { styled } from '../output/span.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';
import { countChanges, renderChanges } from '../views/changes-view.ts';

interface DiffFlags extends OutputFlags, ConnectionFlags {
  readonly from?: number;
  readonly to?: number;
}

/** `ubugi diff`: what is different between two generations. */
export function diffCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'diff',
    summary: 'show what is different between two generations',
    description:
      'Shows what was added (+), changed (~) and removed (-) between two generations of an instance, section by section. Differences are no failure: the exit status is 0.',
    examples: [
      { purpose: 'what the newest generation changed', line: 'ubugi diff web-01' },
      { purpose: 'between two generations', line: 'ubugi diff web-01 --from 3 --to 7' },
      { purpose: 'all that generation 1 brought', line: 'ubugi diff web-01 --to 1' },
    ],
  })
    .argument('<instance>', 'UUID or unambiguous name', parseInstance)
    .option('--from <generation>', 'older generation (default: the one before --to)', parseGeneration)
    .option('--to <generation>', 'newer generation (default: the newest)', parseGeneration)
    .option('--json', 'print one JSON document')
    .action(async (instance: string, flags: DiffFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const { from, to } = flags;
        const query = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
        const diff = await output.progress('comparing', async () => await api.diff(instance, query));
        output.result(diff, (page) => {
          renderDiff(page, instance, diff);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}

function renderDiff(page: Page, instance: string, diff: GenerationDiff): void {
  page.line(
    styled('bold', instance),
    `  generation ${diff.from ?? 'none'} → ${diff.to ?? 'none'}`,
    styled('dim', diff.changes.length === 0 ? '  no difference' : `  ${countChanges(diff.changes)}`),
  );
  renderChanges(page, diff.changes, { indent: 0 });
}
