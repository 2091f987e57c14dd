import type {
  EventList,
  Explanation,
  GenerationDiff,
  HypervisorDetail,
  HypervisorList,
  ImportReport,
  ImportRequest,
  InstanceDetail,
  InstanceList,
  PlacementGrant,
  PlacementRequest,
  PolicyTrialRequest,
  RegenerateRequest,
  ReplayOutcome,
  ReplayReport,
  ReplayRequest,
  Rollout,
  RolloutAction,
  RolloutInstanceList,
  RolloutList,
  RunProgress,
  SyncRequest,
  SyncRun,
  SyncRunList,
  Timeline,
  TokenCreated,
  TokenList,
  TokenRequest,
} from '../../schemas/types/api.ts';
import { type AnswerDefinition, problemError, readAnswer, readPlainText } from './connection/answer.ts';
import type { Transport, TransportResponse } from './connection/transport.ts';

/** Values of a query string; those that are undefined are left out. */
type Query = Readonly<Record<string, string | number | undefined>>;

/** The HTTP API of DESIGN §4.4. Every method fails with the AppError that the answer stands for. */
export interface ApiClient {
  /** One page. */
  instances(query: Query): Promise<InstanceList>;
  instance(instance: string): Promise<InstanceDetail>;
  diff(instance: string, query: { readonly from?: number; readonly to?: number }): Promise<GenerationDiff>;
  explain(
    instance: string,
    query: { readonly section?: string; readonly generation?: number },
  ): Promise<Explanation>;
  timeline(instance: string): Promise<Timeline>;
  hypervisors(): Promise<HypervisorList>;
  hypervisor(host: string): Promise<HypervisorDetail>;
  /** Lets a host fetch the drive of an instance that moves there. */
  place(instance: string, request: PlacementRequest): Promise<PlacementGrant>;
  /** The drive of a generation, the newest if undefined, as it comes in; `read` must take or refuse all of it. */
  drive<T>(
    instance: string,
    generation: number | undefined,
    read: (response: TransportResponse) => Promise<T>,
  ): Promise<T>;
  /** Starts a run and returns it as it stands, usually under way. */
  startSync(request: SyncRequest): Promise<SyncRun>;
  /** The same. */
  startRegenerate(request: RegenerateRequest): Promise<SyncRun>;
  /** The same. */
  startPolicyTrial(request: PolicyTrialRequest): Promise<SyncRun>;
  startReplays(request: ReplayRequest): Promise<ReplayReport>;
  cancelReplay(instance: string): Promise<ReplayOutcome>;
  /** A run as it stands. */
  run(id: string): Promise<SyncRun>;
  /** The same, without what became of each instance. */
  runProgress(id: string): Promise<SyncRun>;
  /** How far the instances of a regenerate have come: counts, and a page of them. */
  runTargets(id: string, query: Query): Promise<RunProgress>;
  /** Begins a regenerate in stages. */
  startRollout(request: RegenerateRequest): Promise<Rollout>;
  /** Newest first. */
  rollouts(query: Query): Promise<RolloutList>;
  rollout(id: string): Promise<Rollout>;
  /** One page. */
  rolloutInstances(id: string, query: Query): Promise<RolloutInstanceList>;
  changeRollout(id: string, how: 'resume' | 'cancel', request: RolloutAction): Promise<Rollout>;
  /** Starts a run. */
  startRollback(id: string, request: RolloutAction): Promise<SyncRun>;
  /** Newest first. */
  runs(query: Query): Promise<SyncRunList>;
  /** One page. */
  events(query: Query): Promise<EventList>;
  /** An allowed signers file (ssh-keygen(1)). */
  trustedSigners(what: 'drives' | 'export'): Promise<string>;
  /** The export as it comes in; `read` must take or refuse all of it. */
  exportInstances<T>(query: Query, read: (response: TransportResponse) => Promise<T>): Promise<T>;
  /** @param file path of an export */
  importInstances(request: ImportRequest, file: string): Promise<ImportReport>;
  tokens(): Promise<TokenList>;
  createToken(request: TokenRequest): Promise<TokenCreated>;
  revokeToken(id: string): Promise<void>;
}

/** Deadlines where `--timeout` gives none. */
export const defaultDeadlinesMs = { read: 30_000, drive: 300_000, exchange: 6 * 3_600_000 } as const;

/** @param options `address` for messages; `deadlineMs` of every answer, instead of {@link defaultDeadlinesMs} */
export function createApiClient(
  { transport }: { readonly transport: Transport },
  options: {
    readonly address: string;
    readonly deadlineMs?: number | undefined;
  },
): ApiClient {
  const from = `the server at ${options.address}`;

  async function call<T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    definition: AnswerDefinition,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    return await transport.send(
      {
        method,
        path,
        accept: 'application/json, application/problem+json',
        headers,
        deadlineMs: options.deadlineMs ?? defaultDeadlinesMs.read,
        ...(body === undefined ? {} : { body }),
      },
      async (response) => await readAnswer<T>(response, definition, from),
    );
  }

  async function start(path: string, body: unknown): Promise<SyncRun> {
    return await call('POST', path, 'syncRun', body, { prefer: 'respond-async' });
  }

  return {
    instances: async (query) => await call('GET', withQuery('/v1/instances', query), 'instanceList'),
    instance: async (instance) => await call('GET', instancePath(instance), 'instanceDetail'),
    diff: async (instance, query) =>
      await call('GET', withQuery(`${instancePath(instance)}/diff`, query), 'generationDiff'),
    explain: async (instance, query) =>
      await call('GET', withQuery(`${instancePath(instance)}/explain`, query), 'explanation'),
    timeline: async (instance) => await call('GET', `${instancePath(instance)}/timeline`, 'timeline'),
    hypervisors: async () => await call('GET', '/v1/hypervisors', 'hypervisorList'),
    hypervisor: async (host) =>
      await call('GET', `/v1/hypervisors/${encodeURIComponent(host)}`, 'hypervisorDetail'),
    place: async (instance, request) =>
      await call('POST', `${instancePath(instance)}/placements`, 'placementGrant', request),
    drive: async (instance, generation, read) =>
      await transport.send(
        {
          method: 'GET',
          path: withQuery(`${instancePath(instance)}/drive`, { generation }),
          accept: 'application/x-iso9660-image, application/problem+json',
          deadlineMs: options.deadlineMs ?? defaultDeadlinesMs.drive,
        },
        async (response) => {
          if (response.status !== 200) throw await problemError(response, from);
          return await read(response);
        },
      ),
    startSync: async (request) => await start('/v1/sync', request),
    startRegenerate: async (request) => await start('/v1/regenerate', request),
    startPolicyTrial: async (request) => await start('/v1/policy/trial', request),
    startReplays: async (request) => await call('POST', '/v1/replay-boot', 'replayReport', request),
    cancelReplay: async (instance) =>
      await call('DELETE', `${instancePath(instance)}/replay-boot`, 'replayOutcome'),
    run: async (id) => await call('GET', runPath(id), 'syncRun'),
    runProgress: async (id) => await call('GET', withQuery(runPath(id), { outcomes: 'false' }), 'syncRun'),
    runTargets: async (id, query) =>
      await call('GET', withQuery(`${runPath(id)}/progress`, query), 'runProgress'),
    startRollout: async (request) => await call('POST', '/v1/regenerate', 'rollout', request),
    rollouts: async (query) => await call('GET', withQuery('/v1/rollouts', query), 'rolloutList'),
    rollout: async (id) => await call('GET', rolloutPath(id), 'rollout'),
    rolloutInstances: async (id, query) =>
      await call('GET', withQuery(`${rolloutPath(id)}/instances`, query), 'rolloutInstanceList'),
    changeRollout: async (id, how, request) =>
      await call('POST', `${rolloutPath(id)}/${how}`, 'rollout', request),
    startRollback: async (id, request) => await start(`${rolloutPath(id)}/rollback`, request),
    runs: async (query) => await call('GET', withQuery('/v1/sync/runs', query), 'syncRunList'),
    events: async (query) => await call('GET', withQuery('/v1/audit', query), 'eventList'),
    trustedSigners: async (what) =>
      await transport.send(
        {
          method: 'GET',
          path: withQuery('/v1/trusted-signers', what === 'drives' ? {} : { for: what }),
          accept: 'text/plain, application/problem+json',
          deadlineMs: options.deadlineMs ?? defaultDeadlinesMs.read,
        },
        async (response) => await readPlainText(response, from),
      ),
    exportInstances: async (query, read) =>
      await transport.send(
        {
          method: 'GET',
          path: withQuery('/v1/export', query),
          accept: 'application/octet-stream, application/problem+json',
          deadlineMs: options.deadlineMs ?? defaultDeadlinesMs.exchange,
        },
        async (response) => {
          if (response.status !== 200) throw await problemError(response, from);
          return await read(response);
        },
      ),
    importInstances: async (request, file) =>
      await transport.send(
        {
          method: 'POST',
          path: '/v1/import',
          accept: 'application/json, application/problem+json',
          upload: { line: request, file },
          deadlineMs: options.deadlineMs ?? defaultDeadlinesMs.exchange,
        },
        async (response) => await readAnswer<ImportReport>(response, 'importReport', from),
      ),
    tokens: async () => await call('GET', '/v1/tokens', 'tokenList'),
    createToken: async (request) => await call('POST', '/v1/tokens', 'tokenCreated', request),
    revokeToken: async (id) => {
      await transport.send(
        {
          method: 'DELETE',
          path: `/v1/tokens/${encodeURIComponent(id)}`,
          accept: 'application/json, application/problem+json',
          deadlineMs: options.deadlineMs ?? defaultDeadlinesMs.read,
        },
        async (response) => {
          if (response.status !== 200 && response.status !== 204) throw await problemError(response, from);
        },
      );
    },
  };
}

function instancePath(instance: string): string {
  return `/v1/instances/${encodeURIComponent(instance)}`;
}

function runPath(id: string): string {
  return `/v1/sync/runs/${encodeURIComponent(id)}`;
}

function rolloutPath(id: string): string {
  return `/v1/rollouts/${encodeURIComponent(id)}`;
}

function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}
