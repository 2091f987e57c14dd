import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type { Role, TokenCreated } from '../../schemas/types/api.ts';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import type { Policy } from '../../schemas/types/policy.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { createLog } from '../../server/config/log.ts';
import { readSigners } from '../../server/config/signers-file.ts';
import type { DirectorySnapshot } from '../../server/directory/directory.ts';
import type { Clock } from '../../server/domain/clock.ts';
import { systemRandom } from '../../server/domain/random.ts';
import { openDriveBuilder } from '../../server/drive/drive-builder-xorriso.ts';
import type { Payload } from '../../server/drive/payload.ts';
import { signingKey } from '../../server/drive/signing-key.ts';
import { createApp } from '../../server/http/app.ts';
import type { AppPorts } from '../../server/http/app-ports.ts';
import { openChangeFeed } from '../../server/http/hypervisors/change-feed.ts';
import { createHypervisorCensus } from '../../server/http/hypervisors/hypervisor-census.ts';
import { createInstanceLookup } from '../../server/http/instances/instance-lookup.ts';
import type { KeystoneCallers } from '../../server/http/keystone-principal.ts';
import { listen } from '../../server/http/listeners.ts';
import { createMetrics } from '../../server/http/metrics.ts';
import { createNetboxWebhook, type NetboxHint } from '../../server/inventory/netbox/webhook.ts';
import { createReportTokens } from '../../server/reports/report-tokens.ts';
import { createRollouts } from '../../server/rollouts/create-rollouts.ts';
import { createRolloutCensus } from '../../server/rollouts/rollout-census.ts';
import { createSqliteStore } from '../../server/store/sqlite.ts';
import { createSyncJob } from '../../server/sync/create-sync-job.ts';
import { guardOptions } from '../../server/sync/guard/sync-guard.ts';
import { sampleDirectory, samplePolicy, sampleRecord } from '../domain/sample.ts';
import { samplePayload } from '../drive/sample-generation.ts';
import { exchange, type Reply, type Sending } from './http-exchange.ts';

const validators = createValidators();

/**
 * A real server on 127.0.0.1 and a Unix socket over a real store, sync job and drive builder. CMDB, directory and clock
 * are the test's.
 */
export interface ApiServer {
  readonly folder: string;
  readonly url: string;
  readonly socket: string;
  readonly ports: AppPorts;
  /** What the CMDB lists. */
  records: readonly InstanceRecord[];
  /** What LDAP gives. */
  directory: DirectorySnapshot;
  /** Awaited while a sync reads the CMDB. */
  meanwhile: () => Promise<void>;
  /** What accepted webhooks hinted at. */
  readonly hints: readonly NetboxHint[];
  /** Sends over TCP. */
  send(method: string, path: string, sending?: Sending): Promise<Reply>;
  /** Sends over the socket. */
  local(method: string, path: string, sending?: Sending): Promise<Reply>;
  /** Makes a token. @returns its secret. */
  token(role: Role, name: string, more?: object): Promise<string>;
  now(): Date;
  /** Moves the clock on. */
  advance(seconds: number): void;
  /** All log lines so far. */
  logText(): string;
  /** Stops listening; the rest stays for {@link ApiServer.close}. */
  stopListening(): Promise<void>;
  close(): Promise<void>;
}

/** The instances that are there unless a test says otherwise: one on hv-01, one on hv-02. */
export const web01 = sampleRecord({ hypervisor: 'hv-01' });
export const web02 = sampleRecord({
  id: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a02',
  name: 'web-02',
  hypervisor: 'hv-02',
});

/** The secret of the webhook in NetBox. */
export const webhookSecret = 'the secret of the webhook';

/** What a guest says after it applied a generation. */
export function sampleReport(instance: string, changes: Partial<AgentReport> = {}): AgentReport {
  return {
    schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
    instance,
    generation: 1,
    origin: 'guest',
    outcome: 'applied',
    startedAt: '2026-01-02T03:04:06Z',
    durationMs: 12.5,
    resources: [],
    ...changes,
  };
}

/** Starts one with the instances synced. */
export async function startApiServer(
  records: readonly InstanceRecord[] = [web01, web02],
  options: {
    readonly stallMs?: number;
    readonly drainMs?: number;
    readonly lookupMs?: number;
    readonly lookupConcurrency?: number;
    readonly webhooks?: false;
    readonly keystone?: KeystoneCallers;
    /** TCP with TLS; only the socket is for {@link ApiServer.local} then. */
    readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
    readonly policy?: Partial<Policy>;
    readonly placement?: Partial<AppPorts['placement']>;
    /** Allowed signers file of `exchange.trustedSigners`. */
    readonly trustedSigners?: string;
    /** Hosts that may wait for changes at a time. */
    readonly waitingPolls?: number;
    /** What runs in guests; one that does nothing if absent. */
    readonly payload?: Payload;
  } = {},
): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-http-'));
  let now = new Date('2026-01-02T03:04:05Z');
  const clock: Clock = { now: () => now };
  const store = await createSqliteStore({ path: join(folder, 'ubugi.db'), clock });
  const lines = new PassThrough({ encoding: 'utf8' });
  const log = createLog('debug', lines);
  let logged = '';
  lines.on('data', (text: string) => {
    logged += text;
  });
  const world = { records, directory: sampleDirectory(), meanwhile: () => Promise.resolve() };
  const listed = async (wanted: (record: InstanceRecord) => boolean) => {
    await world.meanwhile();
    const entries = world.records
      .filter(wanted)
      .map((record) => ({ record, locator: `instances.csv (${record.name})` }));
    return { entries, quarantined: [] };
  };
  const syncJob = createSyncJob(
    {
      store,
      inventory: {
        name: 'cmdb',
        sources: ['cmdb'],
        fetchNamed: (name) => listed((record) => record.name === name),
        fetchAll: () => listed(() => true),
        fetch: (ids) => listed(({ id }) => ids.includes(id)),
      },
      directory: {
        name: 'ldap',
        fetchAll: () => Promise.resolve(world.directory),
        close: () => Promise.resolve(),
      },
      policy: {
        load: () => Promise.resolve(samplePolicy(options.policy)),
        parse: () => samplePolicy(options.policy),
      },
      validators,
      clock,
      random: systemRandom,
      log,
    },
    { fetchTimeoutMs: 60_000, guard: guardOptions() },
  );
  const key = signingKey(generateKeyPairSync('ed25519').privateKey);
  const reportTokens = createReportTokens(key.deriveSecret('ubugi report tokens'));
  const reports = { url: 'https://ubugi.example.com', caCertificates: undefined, tokens: reportTokens };
  const driveBuilder = await openDriveBuilder(
    { signingKey: key, payload: options.payload ?? samplePayload, clock, reports },
    {
      cacheFolder: join(folder, 'cache'),
      cacheLimitBytes: 2 ** 30,
      buildTimeoutMs: 30_000,
      concurrency: 2,
    },
  );
  const metrics = createMetrics();
  const random = systemRandom;
  const feed = await openChangeFeed(
    { store, random, log },
    { limit: options.waitingPolls ?? 100, lookEveryMs: 20 },
  );
  metrics.tellOfHypervisors(createHypervisorCensus({ store, clock, feed }, { staleMinutes: 5 }));
  metrics.tellOfRollouts(createRolloutCensus(store));
  const hints: NetboxHint[] = [];
  const ports: AppPorts = {
    store,
    syncJob,
    rollouts: createRollouts({ store, syncJob, clock, random }),
    lookup: createInstanceLookup(
      { syncJob, metrics },
      { deadlineMs: options.lookupMs ?? 5000, concurrency: options.lookupConcurrency ?? 32 },
    ),
    keystone: options.keystone,
    netboxWebhook:
      options.webhooks === false
        ? undefined
        : {
            webhook: createNetboxWebhook({ secret: webhookSecret, clock }),
            accepted: (hint) => void hints.push(hint),
          },
    driveBuilder,
    exchange: {
      signingKey: key,
      trustedSigners: async () => await readSigners(options.trustedSigners),
      spoolFolder: join(folder, 'cache'),
    },
    feed,
    placement: { claims: 'unplaced', staleMinutes: 5, ...options.placement },
    reportTokens,
    reportsKept: 100,
    validators,
    clock,
    random,
    log,
    metrics,
  };
  await syncJob.run({ kind: 'sync', request: {} }, 'test');
  const listeners = await listen(
    { app: createApp(ports), random, log },
    {
      address: '127.0.0.1',
      port: 0,
      socket: join(folder, 'run', 'server.sock'),
      ...(options.tls === undefined ? {} : { tls: options.tls }),
    },
    { drainMs: options.drainMs ?? 5000, stallMs: options.stallMs ?? 30_000 },
  );
  const { hostname: host, port } = new URL(listeners.url);
  const local: ApiServer['local'] = (method, path, sending = {}) =>
    exchange({ socketPath: listeners.socket }, method, path, sending);
  return {
    folder,
    url: listeners.url,
    socket: listeners.socket,
    ports,
    get records() {
      return world.records;
    },
    set records(list) {
      world.records = list;
    },
    get directory() {
      return world.directory;
    },
    set directory(snapshot) {
      world.directory = snapshot;
    },
    get meanwhile() {
      return world.meanwhile;
    },
    set meanwhile(wait) {
      world.meanwhile = wait;
    },
    hints,
    send: (method, path, sending = {}) => exchange({ host, port }, method, path, sending),
    local,
    async token(role, name, more = role === 'hypervisor' ? { hypervisor: 'hv-01' } : {}) {
      const reply = await local('POST', '/v1/tokens', { body: { name, role, ...more } });
      if (reply.status !== 201) throw new Error(reply.bytes.toString());
      return (reply.json as TokenCreated).secret;
    },
    now: () => now,
    advance(seconds) {
      now = new Date(now.getTime() + seconds * 1000);
    },
    logText: () => logged,
    stopListening: async () => void (await Promise.all([feed.close(), listeners.close()])),
    async close() {
      await Promise.all([feed.close(), listeners.close()]);
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
