import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { SyncRun } from '../../../schemas/types/api.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { InstanceId } from '../../../server/domain/identifiers.ts';
import type {
  NewEvent,
  NewGeneration,
  SavedInstance,
  StoredGeneration,
  StoredToken,
} from '../../../server/store/store.ts';
import { compositionOf } from '../../domain/composition-of.ts';

/** Time of everything in these samples unless told otherwise. */
export const noon = '2026-01-02T12:00:00.000Z';

/** An instance id that sorts by its number. */
export function sampleId(number: number): InstanceId {
  return `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000` as InstanceId;
}

/** The record of the instance with this number. */
export function sampleRecord(number: number, fields: Partial<InstanceRecord> = {}): InstanceRecord {
  return {
    id: sampleId(number),
    name: `web-${number}`,
    osFamily: 'debian',
    tags: [],
    interfaces: [{ mac: '52:54:00:12:34:56', addresses: ['192.0.2.10/24'], gateway4: '192.0.2.1' }],
    ...fields,
  };
}

/** What is saved of the instance with this number. */
export function sampleInstance(number: number, fields: Partial<InstanceRecord> = {}): SavedInstance {
  return {
    id: sampleId(number),
    record: sampleRecord(number, fields),
    inventory: 'cmdb',
    locator: `instances.csv line ${number}`,
    fingerprint: `fingerprint ${number}`,
    quarantine: [],
    randomSeed: Buffer.alloc(512, number).toString('base64'),
    seenAt: noon,
  };
}

/** The guest configuration of the instance with this number. */
export function sampleGuest(number: number): GuestConfiguration {
  return {
    schema: 'https://ubugi.dev/schemas/v1/guest-configuration.json',
    instance: { id: sampleId(number), name: `web-${number}`, osFamily: 'debian' },
    hostname: { name: `web-${number}` },
    network: { interfaces: [] },
    dns: { servers: ['192.0.2.53'] },
    ntp: {},
    groups: [],
    accounts: [],
    sudo: { rules: [] },
    files: [],
    scripts: [],
  };
}

/** What may differ from the sample. */
export type SampledGeneration = Partial<
  Omit<NewGeneration, 'composition'> & Pick<StoredGeneration, 'guest' | 'scripts' | 'sources'>
>;

/** A new generation of the instance with this number. */
export function sampleGeneration(
  number: number,
  { guest, scripts, sources, ...header }: SampledGeneration = {},
): NewGeneration {
  return {
    instance: sampleId(number),
    createdAt: noon,
    actor: 'sync',
    reason: 'content changed',
    contentSha256: 'ab'.repeat(32),
    composition: compositionOf(
      guest ?? sampleGuest(number),
      scripts ?? [{ name: '10-motd', content: '#!/bin/sh\necho hello\n' }],
      sources ?? [
        {
          section: 'hostname',
          subject: 'hostname',
          value: `web-${number}`,
          sources: [{ kind: 'inventory', name: 'cmdb', record: `line ${number}`, field: 'name' }],
        },
      ],
    ),
    ...header,
  };
}

/** The generation as it is read back. */
export function stored({ composition, ...header }: NewGeneration, number: number): StoredGeneration {
  const { guest, scripts, sources, parts } = composition;
  const { identity, sudo, payload } = parts;
  return {
    ...header,
    number,
    guest,
    scripts,
    sources,
    parts: { identity: identity.key, sudo: sudo.key, payload: payload.key },
  };
}

/** An event. */
export function sampleEvent(fields: Partial<NewEvent> = {}): NewEvent {
  return {
    at: noon,
    actor: 'alice',
    action: 'generation-created',
    instance: null,
    reason: 'ticket 42',
    details: { generation: 1 },
    ...fields,
  };
}

/** A guest's report about the instance with this number. */
export function sampleReport(number: number, fields: Partial<AgentReport> = {}): AgentReport {
  return {
    schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
    instance: sampleId(number),
    generation: 1,
    origin: 'guest',
    outcome: 'applied',
    startedAt: noon,
    durationMs: 12,
    resources: [],
    ...fields,
  };
}

/** A finished sync run. */
export function sampleRun(number: number, fields: Partial<SyncRun> = {}): SyncRun {
  return {
    id: sampleId(number),
    kind: 'sync',
    state: 'succeeded',
    actor: 'alice',
    reason: '',
    dryRun: false,
    startedAt: noon,
    finishedAt: noon,
    reading: 'whole',
    policyVersion: 'ab'.repeat(32),
    durations: { fetch: 12, plan: 3, commit: 4 },
    effects: [],
    counts: { instances: 1, created: 1, changed: 0, unchanged: 0, removed: 0, quarantined: 0 },
    problems: [],
    outcomes: [],
    error: null,
    ...fields,
  };
}

/** A token; the number tells its secret. */
export function sampleToken(number: number, fields: Partial<StoredToken> = {}): StoredToken {
  return {
    id: sampleId(number),
    name: `token-${number}`,
    role: 'viewer',
    hypervisor: null,
    createdAt: noon,
    expiresAt: null,
    revokedAt: null,
    secretSha256: number.toString(16).padStart(64, '0'),
    usedAt: null,
    credentialSha256: null,
    replaces: null,
    ...fields,
  };
}
