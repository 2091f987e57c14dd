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
  readonly what: readonly Span[];
}

/** Changes of a generation that are named; `ubugi diff` shows all. */
const namedChanges = 4;

/** `ubugi history`: all that happened to one instance. */
export function historyCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'history',
    summary: 'show who created an instance, and all that happened to it since',
    description:
      'Shows who created the instance and when, as far as the CMDB tells; then, oldest first, when each generation was made, by whom, why and what it changed, what was recorded in the audit trail, and what guest and hypervisor reported.',
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
  renderCreation(page, timeline.creation);
  page.blank();
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

function renderCreation(page: Page, { by, at, source, firstSeenAt }: Timeline['creation']): void {
  const record = `${source.inventory}: ${source.record}`;
  page.line(
    by === null && at === null
      ? `${record} does not tell who created it`
      : `created${by === null ? '' : ` by ${by}`}${at === null ? '' : ` at ${at}`}, says ${record}`,
    styled('dim', `; seen here first at ${firstSeenAt}`),
  );
}

function momentsOf(timeline: Timeline): readonly Moment[] {
  const generations = timeline.generations.map((generation) => ({
    at: generation.createdAt,
    kind: styled('cyan', `generation ${generation.number}`),
    actor: generation.actor,
    what: [generation.reason, ...generationChanges(timeline, generation.number)],
  }));
  // What the event of a new generation says stands in the generation's own line.
  const others = timeline.events.filter((event) => event.action !== 'generation-created');
  const events = others.map((event) => ({
    at: event.at,
    kind: event.action,
    actor: event.actor,
    what: [event.reason, ...originText(event.details)],
  }));
  const reports = timeline.reports.map((report) => {
    const changes = report.resources.reduce((sum, resource) => sum + resource.changes.length, 0);
    return {
      at: report.startedAt,
      kind: reportOutcome(report.outcome),
      actor: report.origin,
      what: [`generation ${report.generation}: ${report.reason ?? counted(changes, 'change')}`],
    };
  });
  // What happens at one time is recorded before the generation that comes of it.
  return [...events, ...generations, ...reports].sort((a, b) => timeOrder(a.at, b.at));
}

/** What a generation changed, as its event tells. */
function generationChanges({ events }: Timeline, number: number): readonly Span[] {
  const event = events.find(
    ({ action, details }) => action === 'generation-created' && details['generation'] === number,
  );
  const { changes, changeCount } = event?.details ?? {};
  if (!Array.isArray(changes) || typeof changeCount !== 'number') return [];
  // All that a machine begins with says nothing.
  if (number === 1) return [styled('dim', counted(changeCount, 'line'))];
  const named = changes.filter((change) => typeof change === 'string').slice(0, namedChanges);
  const hidden = changeCount - named.length;
  return [
    ...named.map((change) => styled('dim', change)),
    ...(hidden > 0 ? [styled('dim', `… and ${hidden} more`)] : []),
  ];
}

/** Who changed the record behind an event and when, where the CMDB tells. */
function originText({ recordChange, locator }: Timeline['events'][number]['details']): readonly Span[] {
  if (typeof recordChange !== 'object' || recordChange === null) return [];
  const { by, at }: { readonly by?: unknown; readonly at?: unknown } = recordChange;
  const parts = [
    typeof locator === 'string' ? `${locator} changed` : 'changed',
    ...(typeof by === 'string' ? [`by ${by}`] : []),
    ...(typeof at === 'string' ? [`at ${at}`] : []),
  ];
  return [styled('dim', parts.join(' '))];
}

/** RFC 3339 texts differ in fractions of a second: compared as times. */
function timeOrder(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}
