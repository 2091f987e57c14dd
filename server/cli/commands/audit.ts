import type { Event, EventList } from '../../../schemas/types/api.ts';
import type { ApiClient } from '../api-client.ts';
import { parseInstance } from '../arguments/instance-argument.ts';
import { parseLimit } from '../arguments/number-options.ts';
import { parseTime } from '../arguments/time-option.ts';
import { parseWord } from '../arguments/word-option.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import type { Page } from '../output/page.ts';
import { styled } from '../output/span.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';

interface AuditFlags extends OutputFlags, ConnectionFlags {
  readonly instance?: string;
  readonly action?: string;
  readonly actor?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

const pageSize = 1000;
const defaultLimit = 10_000;

/** `ubugi audit`: who did what, when and why. */
export function auditCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'audit',
    summary: 'show the audit trail',
    description:
      'Shows who did what to which instance, when and why, oldest first. Hashes and lists in the details of an event are shown with --json only.',
    examples: [
      { purpose: 'the last two hours', line: 'ubugi audit --since 2h' },
      {
        purpose: 'who was refused on one day',
        line: 'ubugi audit --action access-denied --since 2026-01-02 --until 2026-01-03',
      },
      { purpose: 'everything, as JSON', line: 'ubugi audit --limit 1000000 --json' },
    ],
  })
    .option('--instance <instance>', 'only this instance: UUID or unambiguous name', parseInstance)
    .option('--action <action>', 'only this action, such as generation-created', parseWord)
    .option(
      '--actor <actor>',
      'only what this one did: token:NAME, local, schedule, webhook:netbox',
      parseWord,
    )
    .option(
      '--since <time>',
      'only from this time on: 2026-01-02T03:04:05Z, 2026-01-02, or a distance such as 90m, 2h, 3d (default: from the beginning)',
      (text) => parseTime(text, runtime.dependencies.clock.now(), -1),
    )
    .option('--until <time>', 'only before this time, given in the same way', (text) =>
      parseTime(text, runtime.dependencies.clock.now(), -1),
    )
    .option('--limit <n>', 'show at most so many', parseLimit, defaultLimit)
    .option('--json', 'print one JSON document')
    .action(async (flags: AuditFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const list = await output.progress('reading events', async () => await fetchAll(api, flags));
        output.result(list, (page) => {
          renderEvents(page, list.events);
        });
        if (list.next !== null) {
          output.message((page) => {
            page.line(
              styled('yellow', 'warning: '),
              'there are later events: raise --limit, or narrow with --since',
            );
          });
        }
      });
    });
  addConnectionFlags(command);
  return command;
}

async function fetchAll(
  api: ApiClient,
  { instance, action, actor, since, until, limit }: AuditFlags,
): Promise<EventList> {
  const events: Event[] = [];
  let after: number | null = null;
  do {
    const page = await api.events({
      instance,
      action,
      actor,
      since,
      until,
      after: after ?? undefined,
      limit: Math.min(pageSize, limit - events.length),
    });
    events.push(...page.events);
    after = page.next;
  } while (after !== null && events.length < limit);
  return { events, next: after };
}

function renderEvents(page: Page, events: readonly Event[]): void {
  if (events.length === 0) {
    page.line(styled('dim', 'no event'));
    return;
  }
  page.table(
    [
      { heading: 'TIME' },
      { heading: 'ACTION' },
      { heading: 'ACTOR', flexible: true },
      { heading: 'INSTANCE' },
      { heading: 'REASON', flexible: true },
      { heading: 'DETAILS', flexible: true },
    ],
    events.map((event) => [
      styled('dim', event.at),
      event.action,
      event.actor,
      event.instance ?? styled('dim', '-'),
      event.reason === '' ? styled('dim', '-') : event.reason,
      styled('dim', detailsText(event.details)),
    ]),
  );
}

const longestDetail = 24;

/** Details of one short value each; hashes and lists are for `--json`. */
function detailsText(details: Event['details']): string {
  return Object.entries(details)
    .filter(([, value]) => typeof value !== 'object')
    .map(([name, value]) => [name, String(value)] as const)
    .filter(([, value]) => value.length <= longestDetail)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
