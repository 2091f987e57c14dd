import type { Kysely, Selectable } from 'kysely';
import type { SourceLine } from '../../../../schemas/types/api.ts';
import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import {
  assembleIdentity,
  createComposition,
  type GuestPart,
  type GuestParts,
  type IdentityPart,
  type OwnPart,
} from '../../../domain/compose/composition.ts';
import { AppError } from '../../../domain/errors.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { GenerationHeader, Store, StoredGeneration } from '../../store.ts';
import { chunks } from '../bulk-write.ts';
import { expandLines } from '../encoding/compact-lines.ts';
import { unpackJson, unpackText } from '../encoding/packed-json.ts';
import type { GenerationTable, PartTable, Tables } from '../tables.ts';
import { createPartCache, type LoadedPart } from './part-cache.ts';
import { isStoredIdentity, type StoredIdentity } from './stored-identity.ts';

const idsAStatement = 1000;
const keysAStatement = 100;
/** Of values as JSON and packed sources, in bytes. Unpacked, values take some times as much memory. */
const cacheCapacity = 24 * 1024 * 1024;

/** How a store reads generations and their parts. */
export type GenerationReader = Pick<
  Store,
  'generation' | 'newestGeneration' | 'newestGenerations' | 'generationHeaders' | 'part'
>;

/** Reads generations. Parts are kept: a thousand machines that boot at once have the same few. */
export function createGenerationReader(reader: Kysely<Tables>): GenerationReader {
  const cache = createPartCache(
    (keys) => loadParts(reader, keys, (pieces) => cache.get(pieces)),
    cacheCapacity,
  );
  const ofInstance = (id: InstanceId) => reader.selectFrom('generations').where('instance', '=', id);

  async function complete(row: Selectable<GenerationTable> | undefined) {
    if (row === undefined) return undefined;
    return generationFromRow(row, await cache.get([row.identity, row.sudo, row.payload]));
  }

  return {
    generation: async (id, number) =>
      complete(await ofInstance(id).selectAll().where('number', '=', number).executeTakeFirst()),

    newestGeneration: async (id) =>
      complete(await ofInstance(id).selectAll().orderBy('number', 'desc').limit(1).executeTakeFirst()),

    async newestGenerations(ids) {
      const generations = new Map<InstanceId, StoredGeneration>();
      for (const chunk of chunks([...new Set(ids)].sort(), idsAStatement)) {
        const rows = await reader
          .selectFrom('generations')
          .innerJoin('instances', (join) =>
            join
              .onRef('instances.id', '=', 'generations.instance')
              .onRef('instances.newest', '=', 'generations.number'),
          )
          .selectAll('generations')
          .where('instances.id', 'in', chunk)
          .execute();
        const keys = rows.flatMap(({ identity, sudo, payload }) => [identity, sudo, payload]);
        const parts = await cache.get(keys);
        for (const row of rows) generations.set(row.instance as InstanceId, generationFromRow(row, parts));
      }
      return generations;
    },

    async generationHeaders(id) {
      const rows = await ofInstance(id).select(headerColumns).orderBy('number', 'desc').execute();
      return rows.map(headerFromRow);
    },

    part: async (key) => (await cache.get([key])).get(key),
  };
}

/** Parts by key; those that stand in others are asked of the cache, which has most of them. */
async function loadParts(
  reader: Kysely<Tables>,
  keys: readonly string[],
  pieces: (keys: readonly string[]) => Promise<ReadonlyMap<string, GuestPart<unknown>>>,
): Promise<ReadonlyMap<string, LoadedPart>> {
  const parts = new Map<string, LoadedPart>();
  for (const chunk of chunks(keys, keysAStatement)) {
    const rows = await reader.selectFrom('parts').selectAll().where('key', 'in', chunk).execute();
    const read = rows.map((row) => {
      const json = unpackText(row.value);
      return { row, value: JSON.parse(json) as unknown, size: json.length + row.sources.length };
    });
    const accounts = await pieces(
      read.flatMap(({ value }) => (isStoredIdentity(value) ? value.accounts : [])),
    );
    for (const { row, value, size } of read) {
      const part = isStoredIdentity(value) ? identityOf(row, value, accounts) : partOf(row, value);
      parts.set(row.key, { part, size });
    }
  }
  return parts;
}

function partOf({ key, sha256, sources }: PartTable, value: unknown): GuestPart<unknown> {
  return {
    key,
    sha256,
    value,
    // Sources are most of a part, and only `explain` reads them: they stay packed.
    get sources() {
      return unpackJson(sources) as readonly SourceLine[];
    },
  };
}

function identityOf(
  { key, sha256, sources }: PartTable,
  { groups, accounts }: StoredIdentity,
  pieces: ReadonlyMap<string, GuestPart<unknown>>,
): IdentityPart {
  const frame = {
    key,
    sha256,
    groups,
    get groupSources() {
      return unpackJson(sources) as readonly SourceLine[];
    },
  };
  return assembleIdentity(
    frame,
    accounts.map((account) => {
      const piece = pieces.get(account);
      if (piece === undefined) throw missingPart(`The identity ${key}`, account);
      return piece as GuestPart<GuestAccount>;
    }),
  );
}

function missingPart(what: string, part: string): AppError {
  return new AppError(
    'storage-failed',
    `${what} names the part ${part}, which the database does not have: restore it from a backup, or regenerate the drive`,
  );
}

/** Columns that a generation's header is read from: not the content, which is large. */
const headerColumns = [
  'instance',
  'number',
  'created_at',
  'actor',
  'reason',
  'content_sha256',
] as const satisfies ReadonlyArray<keyof GenerationTable>;

function headerFromRow(row: Pick<GenerationTable, (typeof headerColumns)[number]>): GenerationHeader {
  return {
    instance: row.instance as InstanceId,
    number: row.number,
    createdAt: row.created_at,
    actor: row.actor,
    reason: row.reason,
    contentSha256: row.content_sha256,
  };
}

function generationFromRow(
  row: GenerationTable,
  parts: ReadonlyMap<string, GuestPart<unknown>>,
): StoredGeneration {
  const { instance, number, identity, sudo, payload } = row;
  const part = <Name extends keyof GuestParts>(name: Name): GuestParts[Name] => {
    const found = parts.get(row[name]);
    if (found === undefined) throw missingPart(`Generation ${number} of instance ${instance}`, row[name]);
    return found as GuestParts[Name];
  };
  const composition = createComposition(JSON.parse(row.own) as OwnPart, () => expandLines(row.own_sources), {
    identity: part('identity'),
    sudo: part('sudo'),
    payload: part('payload'),
  });
  return {
    ...headerFromRow(row),
    parts: { identity, sudo, payload },
    guest: composition.guest,
    scripts: composition.scripts,
    // Only `explain` reads them.
    get sources() {
      return composition.sources;
    },
  };
}
