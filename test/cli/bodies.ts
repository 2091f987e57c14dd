import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type {
  EventList,
  Explanation,
  GenerationDiff,
  Hypervisor,
  HypervisorDetail,
  HypervisorList,
  InstanceDetail,
  InstanceList,
  InstanceSummary,
  PlacementGrant,
  Problem,
  Rollout,
  RolloutInstanceList,
  RunProgress,
  SyncRun,
  Timeline,
  TokenCreated,
  TokenList,
} from '../../schemas/types/api.ts';

/** Bodies as `schemas/v1/api.json` documents them, for the server that answers in tests of the CLI. */

export const webId = '5c1d6f0e-3f0a-4a53-9a35-1f6f5f6f4a01';
export const dbId = '5c1d6f0e-3f0a-4a53-9a35-1f6f5f6f4a02';

export const webSummary: InstanceSummary = {
  id: webId,
  name: 'web-01',
  osFamily: 'debian',
  project: 'shop',
  owner: 'alice',
  site: 'tokyo-1',
  hypervisor: 'hv-01',
  tags: ['web', 'prod'],
  generation: { newest: 3, attached: 3, applied: 2, pending: true, state: 'not-applied' },
  removedAt: null,
};

export const dbSummary: InstanceSummary = {
  id: dbId,
  name: 'db-01',
  osFamily: 'rhel',
  tags: [],
  generation: { newest: 1, attached: 1, applied: 1, pending: false, state: 'current' },
  removedAt: null,
};

export const instanceList: InstanceList = { instances: [webSummary, dbSummary], next: null };

export const report: AgentReport = {
  schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
  instance: webId,
  generation: 2,
  origin: 'guest',
  outcome: 'applied',
  startedAt: '2026-01-02T03:10:00Z',
  durationMs: 87,
  agent: { version: '0.1.0', arch: 'x86_64' },
  verified: true,
  resources: [
    {
      resource: 'hostname',
      outcome: 'changed',
      durationMs: 1,
      changes: [{ action: 'update', target: '/etc/hostname' }],
    },
    { resource: 'dns', outcome: 'unchanged', durationMs: 1, changes: [] },
    {
      resource: 'ntp',
      outcome: 'failed',
      durationMs: 3,
      changes: [],
      message: 'chronyd refused /etc/chrony/sources.d/ubugi.sources; look at the policy of the site',
    },
  ],
};

export const instanceDetail: InstanceDetail = {
  summary: webSummary,
  record: {
    id: webId,
    name: 'web-01',
    project: 'shop',
    owner: 'alice',
    creator: 'bob',
    createdAt: '2026-01-01T00:00:00Z',
    site: 'tokyo-1',
    osFamily: 'debian',
    hypervisor: 'hv-01',
    tags: ['web', 'prod'],
    interfaces: [
      {
        name: 'eth0',
        mac: '52:54:00:00:00:01',
        mtu: 1500,
        addresses: ['192.0.2.10/24', '2001:db8::10/64'],
        gateway4: '192.0.2.1',
      },
      { mac: '52:54:00:00:00:02', dhcp4: true },
      { mac: '52:54:00:00:00:03' },
      { mac: '52:54:00:00:00:04' },
    ],
    bonds: [
      {
        name: 'bond0',
        mode: '802.3ad',
        members: ['52:54:00:00:00:03', '52:54:00:00:00:04'],
        addresses: ['198.51.100.10/24'],
      },
    ],
    vlans: [{ name: 'bond0.40', id: 40, link: 'bond0', dhcp4: true }],
  },
  source: { inventory: 'cmdb', record: 'instances.csv line 3' },
  firstSeenAt: '2026-01-02T03:04:05Z',
  inexpressible: [
    {
      subject: 'later generations',
      reason: 'cloud-init reads a drive once for each instance: what changes afterwards waits for a rebuild',
    },
    { subject: 'group web-admins', reason: 'cannot be given the number 20001: the guest chooses one' },
  ],
  lastReport: report,
};

export const diff: GenerationDiff = {
  instance: webId,
  from: 2,
  to: 3,
  changes: [
    { action: 'add', section: 'accounts', subject: 'carol', after: 'uid 10003, /home/carol, /bin/bash' },
    {
      action: 'change',
      section: 'accounts',
      subject: 'bob',
      before: 'uid 10002, /home/bob, /bin/sh',
      after: 'uid 10002, /home/bob, /bin/bash',
    },
    { action: 'remove', section: 'accounts', subject: 'mallory', before: 'uid 10009, /home/mallory' },
    { action: 'change', section: 'dns', subject: 'server 1', before: '192.0.2.53', after: '192.0.2.54' },
  ],
};

export const explanation: Explanation = {
  instance: webId,
  generation: 3,
  nova: {
    seenAt: '2026-01-02T03:04:05Z',
    project: 'f7ac731cc11f40efbc03a9f9e1d1d21f',
    image: 'ebbf1a6b-5a8b-4f2f-a9a5-2c0a5b1f7f53',
    bootRoles: ['reader', 'member'],
  },
  inexpressible: [{ subject: 'revocation', reason: 'accounts that are taken away stay on the machine' }],
  lines: [
    {
      section: 'hostname',
      subject: 'name',
      value: 'web-01',
      sources: [{ kind: 'inventory', name: 'cmdb', record: 'instances.csv line 3', field: 'name' }],
      since: { generation: 1, at: '2026-01-02T03:04:05Z', actor: 'schedule', reason: 'sync' },
    },
    {
      section: 'accounts',
      subject: 'alice',
      value: 'uid 10001, /home/alice, /bin/bash',
      sources: [
        {
          kind: 'directory',
          name: 'ldap',
          record: 'uid=alice,ou=people,dc=example,dc=com',
          field: 'uidNumber',
          changedBy: 'cn=helpdesk,dc=example,dc=com',
          changedAt: '2026-01-02T03:08:00Z',
        },
        { kind: 'policy', name: 'policy.yaml', record: 'owners log in', field: 'line 12' },
        { kind: 'policy', name: 'policy.yaml', record: 'others', field: 'line 20', overridden: true },
      ],
      since: {
        generation: 2,
        at: '2026-01-02T03:09:00Z',
        actor: 'token:ops',
        reason: 'new on-call team',
      },
    },
  ],
};

export const timeline: Timeline = {
  instance: webId,
  creation: {
    by: 'bob',
    at: '2026-01-01T00:00:00Z',
    source: { inventory: 'cmdb', record: 'instances.csv line 3' },
    firstSeenAt: '2026-01-02T03:04:05Z',
  },
  generations: [
    {
      number: 1,
      createdAt: '2026-01-02T03:04:05Z',
      actor: 'sync',
      reason: 'new in the CMDB',
      contentSha256: 'a'.repeat(64),
    },
    {
      number: 2,
      createdAt: '2026-01-02T03:09:00Z',
      actor: 'alice',
      reason: 'new on-call team',
      contentSha256: 'b'.repeat(64),
    },
  ],
  events: [
    {
      id: 1,
      at: '2026-01-02T03:04:05.120Z',
      actor: 'hv-01',
      action: 'drive.served',
      instance: webId,
      reason: '',
      details: { generation: 1 },
    },
    {
      id: 2,
      at: '2026-01-02T03:08:30Z',
      actor: 'schedule',
      action: 'record-changed',
      instance: webId,
      reason: 'sync',
      details: {
        locator: 'instances.csv line 3',
        recordChange: { by: 'claire', at: '2026-01-02T03:08:00Z' },
      },
    },
    {
      id: 3,
      at: '2026-01-02T03:09:00Z',
      actor: 'alice',
      action: 'generation-created',
      instance: webId,
      reason: 'new on-call team',
      details: {
        generation: 2,
        changes: ['add accounts carol', 'change accounts bob', 'remove accounts mallory'],
        changeCount: 3,
      },
    },
  ],
  reports: [report],
};

export const eventList: EventList = {
  events: [
    ...timeline.events.slice(0, 1),
    {
      id: 2,
      at: '2026-01-02T03:09:00Z',
      actor: 'alice',
      action: 'generation.created',
      instance: webId,
      reason: 'new on-call team',
      details: { generation: 2, run: 'r-1' },
    },
  ],
  next: null,
};

/** A web server that a rollout holds, and whose newest generation failed. */
export const heldSummary: InstanceSummary = {
  ...dbSummary,
  id: '5c1d6f0e-3f0a-4a53-9a35-1f6f5f6f4a03',
  name: 'web-03',
  generation: {
    newest: 4,
    attached: 4,
    applied: 3,
    pending: true,
    state: 'failed',
    failure: { generation: 4, at: '2026-01-02T03:12:00Z', reason: 'ntp: chronyd does not start' },
  },
  held: {
    by: 'rollback',
    generation: 3,
    actor: 'alice',
    reason: 'chrony does not start',
    since: '2026-01-02T03:11:00Z',
  },
};

export const heldDetail: InstanceDetail = { ...instanceDetail, summary: heldSummary, lastReport: null };

export const rollout: Rollout = {
  id: '9d3f6f0e-3f0a-4a53-9a35-1f6f5f6f4b01',
  state: 'halted',
  actor: 'token:ops',
  reason: 'new chrony configuration',
  createdAt: '2026-01-02T03:04:05Z',
  finishedAt: null,
  settings: { canary: 2, batch: 20, haltAfter: '5%', batchTimeoutSeconds: 900, force: false },
  stage: { number: 1, of: 6, startedAt: '2026-01-02T03:04:06Z' },
  counts: {
    total: 100,
    waiting: 98,
    'under-way': 0,
    applied: 1,
    unchanged: 0,
    failed: 1,
    silent: 0,
    skipped: 0,
    released: 0,
  },
  halt: { at: '2026-01-02T03:05:00Z', reason: '1 machine of the canary failed' },
  problem: null,
  accepted: { failures: 0, stage: 0 },
};

export const rolloutInstances: RolloutInstanceList = {
  instances: [
    {
      instance: webId,
      name: 'web-01',
      stage: 1,
      state: 'failed',
      previous: 2,
      generation: 3,
      since: '2026-01-02T03:05:00Z',
      reason: 'ntp: chronyd does not start',
    },
  ],
  next: null,
};

export const runProgress: RunProgress = {
  run: '7b0c5c0e-1d7a-4a4e-8f5b-2f6f0c9d1a11',
  counts: { total: 2, waiting: 0, attached: 0, applied: 1, failed: 1, removed: 0 },
  instances: [
    { instance: webId, name: 'web-01', generation: 3, state: 'applied' },
    { instance: dbId, name: 'db-01', generation: 1, state: 'failed', reason: 'ntp: chronyd does not start' },
  ],
  next: null,
};

const run: SyncRun = {
  id: '7b0c5c0e-1d7a-4a4e-8f5b-2f6f0c9d1a11',
  kind: 'sync',
  state: 'succeeded',
  actor: 'local',
  reason: 'on demand',
  dryRun: false,
  startedAt: '2026-01-02T03:04:05Z',
  finishedAt: '2026-01-02T03:04:06.500Z',
  reading: 'whole',
  policyVersion: 'ab'.repeat(32),
  durations: { fetch: 12, plan: 3, commit: 4 },
  effects: [
    { action: 'change', section: 'dns', subject: 'server 1', instances: 2, examples: ['web-01', 'db-01'] },
    { action: 'add', section: 'accounts', subject: 'carol', instances: 2, examples: ['web-01', 'db-01'] },
    {
      action: 'remove',
      section: 'accounts',
      subject: 'mallory',
      instances: 1204,
      examples: ['web-01', 'db-01', 'db-02'],
    },
  ],
  counts: { instances: 3, created: 1, changed: 1, unchanged: 1, removed: 0, quarantined: 0 },
  problems: [],
  outcomes: [
    {
      instance: webId,
      name: 'web-01',
      outcome: 'changed',
      generation: 3,
      changes: diff.changes,
    },
    {
      instance: dbId,
      name: 'db-01',
      outcome: 'created',
      generation: 1,
      changes: [{ action: 'add', section: 'hostname', subject: 'name', after: 'db-01' }],
    },
  ],
  error: null,
};

const recordProblem = {
  source: 'cmdb',
  record: 'instances.csv line 7',
  field: 'owner',
  message: 'has characters or a form that are not allowed here',
  remedy: 'give a value that matches ^[A-Za-z0-9]$',
};

export const runs = {
  succeeded: run,
  running: {
    ...run,
    state: 'running',
    finishedAt: null,
    progress: { phase: 'planning', done: 50_000, total: 100_000 },
    durations: { fetch: 12, plan: null, commit: null },
    effects: [],
    outcomes: [],
  },
  trial: { ...run, kind: 'policy-trial', dryRun: true, reading: 'none', reason: 'try-policy' },
  quarantined: {
    ...run,
    counts: { ...run.counts, quarantined: 1 },
    problems: [recordProblem],
  },
  failed: {
    ...run,
    state: 'failed',
    counts: { instances: 0, created: 0, changed: 0, unchanged: 0, removed: 0, quarantined: 0 },
    outcomes: [],
    problems: [recordProblem],
    error: 'the directory ldap did not answer within 3 s: check that it runs',
  },
  stopped: {
    ...run,
    state: 'stopped-by-guard',
    outcomes: [],
    error: '90 of 100 instances would be removed',
  },
} as const satisfies Record<string, SyncRun>;

export const tokenList: TokenList = {
  tokens: [
    {
      id: '0b6f3a5e-7d0c-4f0e-9a53-2d3a0c1b2e4f',
      name: 'grafana',
      role: 'viewer',
      hypervisor: null,
      createdAt: '2026-01-02T03:04:05Z',
      expiresAt: null,
      revokedAt: null,
      usedAt: null,
    },
    {
      id: '0b6f3a5e-7d0c-4f0e-9a53-2d3a0c1b2e50',
      name: 'hv-01',
      role: 'hypervisor',
      hypervisor: 'hv-01',
      createdAt: '2026-01-02T03:04:05Z',
      expiresAt: '2026-04-02T03:04:05Z',
      revokedAt: '2026-01-03T00:00:00Z',
      usedAt: null,
    },
  ],
};

export const tokenCreated: TokenCreated = {
  token: {
    id: '0b6f3a5e-7d0c-4f0e-9a53-2d3a0c1b2e4f',
    name: 'grafana',
    role: 'viewer',
    hypervisor: null,
    createdAt: '2026-01-02T03:04:05Z',
    expiresAt: null,
    revokedAt: null,
    usedAt: null,
  },
  secret: `ubugi_${'s'.repeat(43)}`,
};

/** For a host that joins. */
export const joinTokenCreated: TokenCreated = {
  token: {
    ...tokenCreated.token,
    id: '0b6f3a5e-7d0c-4f0e-9a53-2d3a0c1b2e51',
    name: 'hv-04',
    role: 'join',
    hypervisor: 'hv-04',
    expiresAt: '2026-01-02T04:04:05Z',
  },
  secret: `ubugi_${'j'.repeat(43)}`,
};

export const notFound: Problem = {
  type: 'https://ubugi.dev/problems/not-found',
  title: 'Not found',
  status: 404,
  detail: 'there is no instance web-99: `ubugi list` shows those that exist',
  code: 'not-found',
};

const beating: Hypervisor = {
  host: 'hv-01',
  firstSeenAt: '2026-01-01T03:04:05Z',
  lastSeenAt: '2026-01-02T03:04:05Z',
  heartbeatAt: '2026-01-02T03:04:00Z',
  state: 'beating',
  instances: 2,
};

export const hypervisorList: HypervisorList = {
  hypervisors: [
    beating,
    { ...beating, host: 'hv-02', heartbeatAt: '2026-01-01T23:00:00Z', state: 'stale', instances: 1 },
    { host: 'hv-03', firstSeenAt: null, lastSeenAt: null, heartbeatAt: null, state: 'silent', instances: 14 },
  ],
};

export const hypervisorDetail: HypervisorDetail = {
  hypervisor: beating,
  heartbeat: {
    version: '1.2.3',
    adapter: 'libvirt',
    machines: { known: 3, running: 2 },
    pending: 1,
    spooled: 0,
    lastError: 'domain db-01: the guest does not let go of the medium',
  },
  instances: [
    {
      id: dbId,
      name: 'db-01',
      placedBy: 'claim',
      generation: { newest: 1, attached: 1, applied: 1, pending: false, state: 'current' },
    },
    { id: webId, name: 'web-01', placedBy: 'cmdb', generation: webSummary.generation },
  ],
};

export const placementGrant: PlacementGrant = {
  instance: webId,
  name: 'web-01',
  host: 'hv-02',
  from: 'hv-01',
  expiresAt: '2026-01-02T03:19:05Z',
};
