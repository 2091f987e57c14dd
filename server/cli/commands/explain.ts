import { Argument } from 'commander';
import type { Explanation, SourceLine } from '../../../schemas/types/api.ts';
import api from '../../../schemas/v1/api.json' with { type: 'json' };
import { parseInstance } from '../arguments/instance-argument.ts';
import { parseGeneration } from '../arguments/number-options.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import type { Page } from '../output/page.ts';
import { styled } from '../output/span.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';

interface ExplainFlags extends OutputFlags, ConnectionFlags {
  readonly generation?: number;
}

/** `ubugi explain`: where each value comes from. */
export function explainCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'explain',
    summary: 'show where each value of a guest configuration comes from',
    description:
      'Shows, for each value of the guest configuration, the record and field of the CMDB, the entry and attribute of the directory, or the rule and line of the policy that it comes from.',
    examples: [
      { purpose: 'who may log in, and why', line: 'ubugi explain web-01 accounts' },
      { purpose: 'where the sudo rules come from', line: 'ubugi explain web-01 sudo' },
      { purpose: 'everything, as JSON', line: 'ubugi explain web-01 --json' },
    ],
  })
    .argument('<instance>', 'UUID or unambiguous name', parseInstance)
    .addArgument(new Argument('[section]', 'only this section').choices(api.$defs.section.enum))
    .option('--generation <generation>', 'which generation (default: the newest)', parseGeneration)
    .option('--json', 'print one JSON document')
    .action(async (instance: string, section: string | undefined, flags: ExplainFlags) => {
      await runtime.runWithServer(flags, async (client, output) => {
        const explanation = await output.progress(
          'asking',
          async () =>
            await client.explain(instance, {
              ...(section === undefined ? {} : { section }),
              ...(flags.generation === undefined ? {} : { generation: flags.generation }),
            }),
        );
        output.result(explanation, (page) => {
          renderExplanation(page, instance, explanation);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}

function renderExplanation(page: Page, instance: string, explanation: Explanation): void {
  page.line(styled('bold', instance), `  generation ${explanation.generation}`);
  if (explanation.lines.length === 0) page.line(styled('dim', 'nothing to explain here'));
  const sections = Map.groupBy(explanation.lines, (line) => line.section);
  for (const [section, lines] of sections) {
    page.blank();
    page.heading(section);
    page.table(
      [
        { heading: 'WHAT', flexible: true },
        { heading: 'VALUE', flexible: true },
        { heading: 'SOURCE', flexible: true },
      ],
      lines.map((line) => [line.subject, line.value, sourceTexts(line)]),
      { indent: 2 },
    );
  }
}

function sourceTexts(line: SourceLine): readonly string[] {
  return line.sources.map(
    ({ kind, name, record, field, overridden }) =>
      `${kind} ${name}: ${record}, ${field}${overridden === true ? ' (overridden)' : ''}`,
  );
}
