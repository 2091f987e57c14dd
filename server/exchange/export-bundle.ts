import { createHash } from 'node:crypto';
import type {
  Event,
  ExportedBaseDrive,
  ExportedGeneration,
  ExportedInstance,
  ExportHeader,
} from '../../schemas/types/api.ts';
import type { Clock } from '../domain/clock.ts';
import type { SigningKey } from '../drive/signing-key.ts';
import type { BaseDrive } from '../store/ports/base-drives.ts';
import type { InstanceSelection, Store, StoredInstance } from '../store/store.ts';

/** What exporting works with. */
export interface ExportPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly signingKey: Pick<SigningKey, 'signExport'>;
}

const pageSize = 100;
const mostReports = 1000;

/**
 * The lines of an export, each ended (docs/export-format.md): a header, an instance a line, removed ones too, then the
 * signature over all before it. One instance is in memory at a time.
 * @param onInstance called with each instance when its line is made
 */
export async function* exportLines(
  { store, clock, signingKey }: ExportPorts,
  { selection, actor }: { readonly selection: InstanceSelection; readonly actor: string },
): AsyncGenerator<Buffer> {
  const digest = createHash('sha512');
  const line = (value: unknown): Buffer => {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
    digest.update(bytes);
    return bytes;
  };
  const header: ExportHeader = {
    kind: 'ubugi-export',
    version: 1,
    exportedAt: clock.now().toISOString(),
    exportedBy: actor,
  };
  yield line(header);
  let after: StoredInstance['id'] | undefined;
  do {
    const page = await store.instances({ selection, includeRemoved: true, after, limit: pageSize });
    // What was purged has no secrets any more, and so nothing that another site could build its drives from.
    for (const instance of page.instances)
      if (instance.randomSeed !== '') yield line(await exportedInstance(store, instance));
    after = page.next ?? undefined;
  } while (after !== undefined);
  yield Buffer.from(
    `${JSON.stringify({ kind: 'signature', signature: signingKey.signExport(digest.digest()) })}\n`,
  );
}

async function exportedInstance(store: Store, instance: StoredInstance): Promise<ExportedInstance> {
  const { id, record, inventory, locator, randomSeed, firstSeenAt, removedAt } = instance;
  const [first, newest] = [await store.baseDrive(id, 'first'), await store.baseDrive(id, 'newest')];
  return {
    kind: 'instance',
    record,
    inventory,
    locator,
    randomSeed,
    firstSeenAt,
    removedAt,
    generations: await exportedGenerations(store, instance),
    ...(first === undefined ? {} : { firstBase: exportedBase(first) }),
    ...(newest === undefined || newest.sha256 === first?.sha256 ? {} : { newestBase: exportedBase(newest) }),
    events: await exportedEvents(store, id),
    reports: [...(await store.reports(id, mostReports))],
  };
}

async function exportedGenerations(
  store: Store,
  { id, newest }: StoredInstance,
): Promise<ExportedGeneration[]> {
  const generations: ExportedGeneration[] = [];
  for (let number = 1; number <= (newest ?? 0); number += 1) {
    const generation = await store.generation(id, number);
    if (generation === undefined) continue;
    const { createdAt, actor, reason, contentSha256, guest, scripts, sources } = generation;
    const { availabilityZone, userData } = await store.driveFacts(id, number);
    generations.push({
      number,
      createdAt,
      actor,
      reason,
      contentSha256,
      ...(availabilityZone === undefined ? {} : { availabilityZone }),
      ...(userData === undefined ? {} : { userData }),
      guest,
      scripts: [...scripts],
      sources: [...sources],
    });
  }
  return generations;
}

async function exportedEvents(
  store: Store,
  instance: StoredInstance['id'],
): Promise<ExportedInstance['events']> {
  const events: Omit<Event, 'instance'>[] = [];
  for (;;) {
    const page = await store.events({ instance, after: events.at(-1)?.id ?? 0, limit: 1000 });
    for (const { instance: _, ...event } of page) events.push(event);
    if (page.length < 1000) return events;
  }
}

function exportedBase({ seenAt, files }: BaseDrive): ExportedBaseDrive {
  return { seenAt, files: files.map(({ path, content }) => ({ path, content: content.toString('base64') })) };
}
