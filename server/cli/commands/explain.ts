import { Argument } from 'commander';
import type { ExplainedLine, Explanation, NovaRecord, Source } from '../../../schemas/types/api.ts';
import api from '../../../schemas/v1/api.json' with { type: 'json' };
import { parseInstance } from '../arguments/instance-argument.ts';
import { parseGeneration } from '../arguments/number-options.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import { renderProblems } from '../output/error-report.ts';
import type { Page } from '../output/page.ts';
import { type Span, styled } from '../output/span.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';
import { holdText } from '../views/generation-view.ts';
import { renderInexpressible } from '../views/inexpressible-view.ts';

interface ExplainFlags extends OutputFlags, ConnectionFlags {
  readonly generation?: number;
}

/** `ubugi explain`: where each value comes from. */
export function explainCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'explain',
    summary: 'show where each value of a guest configuration comes from',
    description:
      'Shows, for each value of the guest configuration, the record and field of the CMDB, the entry and attribute of the directory, or the rule and line of the policy that it comes from; since which generation it has been so, made when and by whom; and who changed the record or entry last, where CMDB and directory tell.',
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
  const quarantine = explanation.quarantine ?? [];
  if (quarantine.length > 0) {
    page.line(styled('yellow', 'quarantined: the newest record of the CMDB is not used'));
    renderProblems(page, quarantine);
  }
  if (explanation.held !== undefined) page.line(styled('cyan', `held: ${holdText(explanation.held)}`));
  if (explanation.lines.length === 0) page.line(styled('dim', 'nothing to explain here'));
  const sections = Map.groupBy(explanation.lines, (line) => line.section);
  for (const [section, lines] of sections) {
    page.blank();
    page.heading(section);
    page.table(
      [
        { heading: 'WHAT', flexible: true },
        { heading: 'VALUE', flexible: true },
        { heading: 'SINCE', flexible: true },
        { heading: 'SOURCE', flexible: true },
      ],
      lines.map((line) => [line.subject, line.value, sinceTexts(line), sourceTexts(line)]),
      { indent: 2 },
    );
  }
  if (explanation.nova !== undefined) renderNova(page, explanation.nova);
  renderInexpressible(page, explanation.inexpressible);
}

/** What `ubugi show` marks as Nova's. */
function renderNova(page: Page, { project, image, bootRoles, seenAt }: NovaRecord): void {
  const rows = Object.entries({ project, image, 'started by roles': bootRoles?.join(' ') });
  page.blank();
  page.heading('nova, on no drive');
  page.table(
    [{ heading: 'WHAT' }, { heading: 'VALUE', flexible: true }, { heading: 'SINCE' }, { heading: 'SOURCE' }],
    rows.flatMap(([what, value]) =>
      value === undefined || value === '' ? [] : [[what, value, styled('dim', seenAt.slice(0, 10)), 'nova']],
    ),
    { indent: 2 },
  );
}

function sinceTexts({ since }: ExplainedLine): readonly Span[] {
  return [`generation ${since.generation}`, styled('dim', `${since.at.slice(0, 10)}, ${since.actor}`)];
}

function sourceTexts(line: ExplainedLine): readonly Span[] {
  return line.sources.flatMap((source) => {
    const { kind, name, record, field, overridden } = source;
    const change = changeText(source);
    const mark = overridden === true ? ' (overridden)' : '';
    return [`${kind} ${name}: ${record}, ${field}${mark}`, ...(change === '' ? [] : [styled('dim', change)])];
  });
}

function changeText({ changedAt, changedBy }: Source): string {
  if (changedAt === undefined && changedBy === undefined) return '';
  return `  changed${changedAt === undefined ? '' : ` ${changedAt}`}${changedBy === undefined ? '' : ` by ${changedBy}`}`;
}
