import type { Validators } from '../../../schemas/validation/validator.ts';
import type { Clock } from '../../domain/clock.ts';
import { AppError } from '../../domain/errors.ts';
import { type InstanceId, parseInstanceId } from '../../domain/identifiers.ts';
import { judgeRecords, type MappedRecord } from '../checks/judge-records.ts';
import { openHttpClient } from '../http-client/http-client.ts';
import { conversationFailure } from '../http-client/http-failure.ts';
import { parseServerAddress } from '../http-client/server-address.ts';
import type { TlsIdentity } from '../http-client/transport.ts';
import type { Inventory, InventoryChanges, InventorySnapshot } from '../inventory.ts';
import { changeCursors } from './changes/change-cursor.ts';
import { readChanges } from './changes/read-changes.ts';
import { credentialHeaders, type HttpJsonCredentials } from './credentials.ts';
import { defaultLimits, type HttpJsonLimits } from './limits.ts';
import { timedClient } from './list/timed-client.ts';
import { createEvaluator } from './mapping/evaluator.ts';
import { type HttpJsonOptions, optionProblems } from './option-rules.ts';
import { type Reading, readAll, readByIds, readByName } from './record-readings.ts';

/** What an HTTP inventory is and needs. */
export interface HttpJsonPorts {
  /** Name from the configuration. */
  readonly name: string;
  /** Where the API starts, `https://`; `http://` only to this machine. */
  readonly url: string;
  readonly credentials: HttpJsonCredentials;
  readonly tls: TlsIdentity;
  readonly validators: Pick<Validators, 'instanceRecord'>;
  readonly clock: Clock;
}

/**
 * An inventory in any CMDB that answers with JSON. Records that are wrong, and those that the mapping makes nothing of,
 * are quarantined; anything else that goes wrong fails with `inventory-unavailable`, and a part is never returned.
 * Options that cannot work fail here, with `configuration-invalid`.
 */
export function createHttpJsonInventory(
  { name, url, credentials, tls, validators, clock }: HttpJsonPorts,
  options: HttpJsonOptions & { readonly limits?: Partial<HttpJsonLimits> },
): Inventory {
  const address = parseServerAddress(name, url);
  const headers = credentialHeaders(name, credentials);
  const [problem] = optionProblems(options);
  if (problem !== undefined) {
    throw new AppError(
      'configuration-invalid',
      `inventory ${name}: ${problem.pointer} ${problem.message}: ${problem.remedy}`,
    );
  }
  const limits = { ...defaultLimits, ...options.limits };
  const { changes } = options;
  const overlapMs = (changes?.overlapSeconds ?? 300) * 1000;
  // The overlap is part of every cursor's age.
  const maximumAgeMs = (changes?.maximumAgeHours ?? 72) * 3_600_000 + overlapMs;
  const cursors = changeCursors(address.url.href, options, maximumAgeMs);

  /** Also gives from when on what changes is not known yet. */
  async function read<T>(
    what: (reading: Reading) => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ readonly result: T; readonly since: Date }> {
    const client = timedClient(
      openHttpClient({ address, tls, credentials: headers, clock }, limits, signal),
      clock,
    );
    const evaluator = createEvaluator(options.mapping, limits, signal);
    try {
      const result = await what({ ports: { client, base: address.url }, evaluator, options, limits });
      return { result, since: new Date(client.askedAt().getTime() - overlapMs) };
    } catch (error) {
      throw conversationFailure({ inventory: name, server: address.shown }, error, signal);
    } finally {
      client.close();
      await evaluator.close();
    }
  }

  const judge = (records: readonly MappedRecord[]): InventorySnapshot =>
    judgeRecords(records, validators, name);

  async function fetchChanges(cursor: string, signal: AbortSignal): Promise<InventoryChanges | undefined> {
    const since = cursors.read(cursor, clock.now());
    if (changes === undefined || since === undefined) return undefined;
    const { result, since: next } = await read((reading) => readChanges(reading, changes, since), signal);
    if (result === undefined) return undefined;
    return { ...judge(result.records), removed: result.removed, cursor: cursors.write(next) };
  }

  return {
    name,
    sources: [name],
    async fetchAll(signal) {
      const { result, since } = await read(readAll, signal);
      return { ...judge(result), ...(changes === undefined ? {} : { cursor: cursors.write(since) }) };
    },
    async fetchNamed(machine, signal) {
      // No record with another name is valid, and the name goes into a query.
      if (!instanceName.test(machine)) return { entries: [], quarantined: [] };
      const { result } = await read((reading) => readByName(reading, machine), signal);
      return judge(result);
    },
    async fetch(ids, signal) {
      // Anything else is no UUID, and goes into a query.
      const wanted = new Set(ids.flatMap((id) => parseInstanceId(id) ?? []));
      if (wanted.size === 0) return { entries: [], quarantined: [] };
      const { result } = await read((reading) => readByIds(reading, wanted), signal);
      return judge(result.filter(({ value }) => wanted.has(value['id'] as InstanceId)));
    },
    ...(changes === undefined ? {} : { fetchChanges }),
  };
}

const instanceName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;
