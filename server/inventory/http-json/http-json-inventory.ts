import type { Validators } from '../../../schemas/validation/validator.ts';
import type { Clock } from '../../domain/clock.ts';
import { AppError } from '../../domain/errors.ts';
import { judgeRecords, type MappedRecord } from '../checks/judge-records.ts';
import { openHttpClient } from '../http-client/http-client.ts';
import { HttpFailure, inventoryUnavailable, RefusedRequest } from '../http-client/http-failure.ts';
import { parseServerAddress } from '../http-client/server-address.ts';
import type { TlsIdentity } from '../http-client/transport.ts';
import type { Inventory, InventorySnapshot } from '../inventory.ts';
import { credentialHeaders, type HttpJsonCredentials } from './credentials.ts';
import { defaultLimits, type HttpJsonLimits } from './limits.ts';
import type { ListPorts } from './list/pages.ts';
import { readList } from './list/read-list.ts';
import { mapRows } from './mapped-records.ts';
import { createEvaluator, type Evaluator } from './mapping/evaluator.ts';
import { type HttpJsonOptions, optionProblems } from './option-rules.ts';
import { lookUpRelated, readRelatedLists } from './related-rows.ts';

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
  const relations = Object.entries(options.related ?? {});

  async function readAll(ports: ListPorts, evaluator: Evaluator): Promise<readonly MappedRecord[]> {
    const related = await readRelatedLists(ports, relations, limits);
    return readList(ports, options.list, {}, () => mapRows(options, evaluator, related), limits);
  }

  async function lookUp(
    ports: ListPorts,
    evaluator: Evaluator,
    lookup: NonNullable<HttpJsonOptions['lookup']>,
    ids: ReadonlySet<string>,
  ): Promise<readonly MappedRecord[]> {
    const related = lookUpRelated(ports, relations, limits);
    const records: MappedRecord[] = [];
    for (const id of ids) {
      try {
        const sink = () => mapRows(options, evaluator, related);
        records.push(...(await readList(ports, lookup, { id }, sink, limits)));
      } catch (error) {
        // REST answers so for a record that it does not have.
        if (!(error instanceof RefusedRequest) || error.status !== 404) throw error;
      }
    }
    return records;
  }

  async function snapshot(
    read: (ports: ListPorts, evaluator: Evaluator) => Promise<readonly MappedRecord[]>,
    signal: AbortSignal,
  ): Promise<InventorySnapshot> {
    const client = openHttpClient({ address, tls, credentials: headers, clock }, limits, signal);
    const evaluator = createEvaluator(options.mapping, limits, signal);
    try {
      return judgeRecords(await read({ client, base: address.url }, evaluator), validators, name);
    } catch (error) {
      if (signal.aborted) {
        const failure = new HttpFailure('was not read to its end', 'try again', signal.reason);
        throw inventoryUnavailable(name, address.shown, failure);
      }
      if (error instanceof HttpFailure) throw inventoryUnavailable(name, address.shown, error);
      throw error;
    } finally {
      client.close();
      await evaluator.close();
    }
  }

  return {
    name,
    sources: [name],
    fetchAll: (signal) => snapshot(readAll, signal),
    async fetchNamed(machine, signal) {
      const { entries, quarantined } = await snapshot(readAll, signal);
      return { entries: entries.filter(({ record }) => record.name === machine), quarantined };
    },
    async fetch(ids, signal) {
      const wanted = new Set(ids.map((id) => id.toLowerCase()));
      if (wanted.size === 0) return { entries: [], quarantined: [] };
      const { lookup } = options;
      const { entries, quarantined } = await snapshot(
        lookup === undefined || wanted.size > limits.lookups
          ? readAll
          : (ports, evaluator) => lookUp(ports, evaluator, lookup, wanted),
        signal,
      );
      return {
        entries: entries.filter(({ record }) => wanted.has(record.id)),
        quarantined: quarantined.filter(({ id }) => id !== undefined && wanted.has(id)),
      };
    },
  };
}
