import type { Insertable, Selectable } from 'kysely';
import type { Event, RecordProblem } from '../../../schemas/types/api.ts';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { Composition } from '../../domain/compose/composition.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { GenerationHeader, NewEvent, StoredGeneration, StoredInstance, StoredToken } from '../store.ts';
import { unpackJson } from './packed-json.ts';
import { sortableTime } from './sortable-time.ts';
import { storableText } from './storable-text.ts';
import type { EventTable, GenerationTable, InstanceTable, TokenTable } from './tables.ts';

/** Columns that an instance is read from. */
export const instanceColumns = [
  'id',
  'inventory',
  'locator',
  'record',
  'quarantine',
  'random_seed',
  'first_seen_at',
  'removed_at',
  'newest',
  'attached',
  'applied',
] as const satisfies ReadonlyArray<keyof InstanceTable>;

/** Columns that a generation's header is read from: not the content, which is large. */
export const generationHeaderColumns = [
  'instance',
  'number',
  'created_at',
  'actor',
  'reason',
  'content_sha256',
] as const satisfies ReadonlyArray<keyof GenerationTable>;

/** An instance from its row. */
export function instanceFromRow(
  row: Pick<Selectable<InstanceTable>, (typeof instanceColumns)[number]>,
): StoredInstance {
  return {
    id: row.id as InstanceId,
    record: JSON.parse(row.record) as InstanceRecord,
    inventory: row.inventory,
    locator: row.locator,
    randomSeed: row.random_seed,
    firstSeenAt: row.first_seen_at,
    removedAt: row.removed_at,
    newest: row.newest,
    attached: row.attached,
    applied: row.applied,
    quarantine: JSON.parse(row.quarantine) as RecordProblem[],
  };
}

/** A generation's header from its row. */
export function generationHeaderFromRow(
  row: Pick<Selectable<GenerationTable>, (typeof generationHeaderColumns)[number]>,
): GenerationHeader {
  return {
    instance: row.instance as InstanceId,
    number: row.number,
    createdAt: row.created_at,
    actor: row.actor,
    reason: row.reason,
    contentSha256: row.content_sha256,
  };
}

/** A whole generation from its row. */
export function generationFromRow(row: Selectable<GenerationTable>): StoredGeneration {
  const { guest, scripts, sources } = unpackJson(row.content) as Composition;
  return { ...generationHeaderFromRow(row), guest, scripts, sources };
}

/** The row of an event. */
export function eventToRow(event: NewEvent, id: number): Insertable<EventTable> {
  return {
    id,
    at: event.at,
    at_sortable: sortableTime(event.at),
    actor: storableText(event.actor),
    action: storableText(event.action),
    instance: event.instance,
    reason: storableText(event.reason),
    details: JSON.stringify(event.details),
  };
}

/** An event from its row. */
export function eventFromRow(row: Omit<Selectable<EventTable>, 'at_sortable'>): Event {
  return {
    id: row.id,
    at: row.at,
    actor: row.actor,
    action: row.action,
    instance: row.instance,
    reason: row.reason,
    details: JSON.parse(row.details) as Event['details'],
  };
}

/** The row of a token. */
export function tokenToRow(token: StoredToken): Insertable<TokenTable> {
  return {
    id: token.id,
    name: storableText(token.name),
    role: token.role,
    hypervisor: token.hypervisor,
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    revoked_at: token.revokedAt,
    secret_sha256: token.secretSha256,
  };
}

/** A token from its row. */
export function tokenFromRow(row: Selectable<TokenTable>): StoredToken {
  return {
    id: row.id,
    name: row.name,
    role: row.role as StoredToken['role'],
    hypervisor: row.hypervisor,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    secretSha256: row.secret_sha256,
  };
}
