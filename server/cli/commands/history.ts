import type { Timeline } from '../../../schemas/types/api.ts';
import { parseInstance } from '../arguments/instance-argument.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import type { Page } from '../output/page.ts';
import { type Span, styled } from '../output/span.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';
import { reportOutcome } from '../views/report-view.ts';
import { counted } from '../views/words.ts';

interface Moment {
  readonly at: string;
  readonly kind: Span;
  readonly actor: string;
  readonly what: string;
}

/** `ubugi history`: all that happened to one instance. */
export function historyCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'history',
    summary: 'show generations, events and reports of an instance in order of time',
    description:
      'Shows when each generation was made, by whom and why, what was recorded in the audit trail, and what guest and hypervisor reported, oldest first.',
    examples: [
      { purpose: 'from the first generation to now', line: 'ubugi history web-01' },
      { purpose: 'all reports, as JSON', line: "ubugi history web-01 --json | jq '.reports'" },
    ],
  })
    .argument('<instance>', 'UUID or unambiguous name', parseInstance)
    .option('--json', 'print one JSON document')
    .action(async (instance: string, flags: OutputFlags & ConnectionFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const timeline = await output.progress('asking', async () => await api.timeline(instance));
        output.result(timeline, (page) => {
          renderTimeline(page, timeline);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}

function renderTimeline(page: Page, timeline: Timeline): void {
  const moments = momentsOf(timeline);
  if (moments.length === 0) {
    page.line(styled('dim', 'nothing has happened yet'));
    return;
  }
  page.table(
    [
      { heading: 'TIME' },
      { heading: 'EVENT' },
      { heading: 'BY', flexible: true },
      { heading: 'WHAT', flexible: true },
    ],
    moments.map(({ at, kind, actor, what }) => [styled('dim', at), kind, actor, what]),
  );
}

function momentsOf(timeline: Timeline): readonly Moment[] {
  const generations = timeline.generations.map((generation) => ({
    at: generation.createdAt,
    kind: styled('cyan', `generation ${generation.number}`),
    actor: generation.actor,
    what: generation.reason,
  }));
  // The event of a new generation says what the generation's own line says.
  const others = timeline.events.filter((event) => event.action !== 'generation-created');
  const events = others.map((event) => ({
    at: event.at,
    kind: event.action,
    actor: event.actor,
    what: event.reason,
  }));
  const reports = timeline.reports.map((report) => {
    const changes = report.resources.reduce((sum, resource) => sum + resource.changes.length, 0);
    return {
      at: report.startedAt,
      kind: reportOutcome(report.outcome),
      actor: report.origin,
      what: `generation ${report.generation}: ${report.reason ?? counted(changes, 'change')}`,
    };
  });
  return [...generations, ...events, ...reports].sort((a, b) => timeOrder(a.at, b.at));
}

/** RFC 3339 texts differ in fractions of a second: compared as times. */
function timeOrder(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}
