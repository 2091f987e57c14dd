import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import type {
  EventList,
  ExplainedLine,
  Explanation,
  GenerationDiff,
  InstanceList,
  Section,
  Source,
  SyncRequest,
  SyncRun,
  TokenCreated,
} from '../../../schemas/types/api.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { NetboxEditor } from '../../harness/netbox/netbox-editor.ts';
import { startNetboxServer, testToken } from '../../harness/netbox/netbox-server.ts';
import { type RunningSite, startSite, writePayload } from '../../harness/running-site.ts';
import { startSlapd } from '../../harness/slapd-server.ts';
import { webhookSecret } from '../../http/api-server.ts';
import { signedWebhook } from '../../http/netbox-webhook.ts';
import { emptyNetbox, orderAll } from './machines.ts';
import { accessRules, baseDn, directoryContent, passwordOf, personDn } from './people.ts';

/** A line of `explain`, as one would say it. */
export interface Told {
  readonly value: string;
  /** Generation since which it says so. */
  readonly since: number;
  /** `SOURCE RECORD, FIELD (changed WHEN by WHOM)`; when is `today` or `before`. Of the policy: `FILE line N, RULE`. */
  readonly because: readonly string[];
}

/** A company with NetBox, OpenLDAP and the server, which is watched after each thing that happens in it. */
export interface Day {
  /** Somebody works in NetBox. */
  inNetbox(user: string): NetboxEditor;
  /** Somebody changes the directory with their own rights. */
  inLdap(person: string, ldif: string): Promise<void>;
  /** Adds lines to the policy. */
  extendPolicy(yaml: string): Promise<void>;
  /** Runs a sync. */
  sync(request?: SyncRequest): Promise<SyncRun>;
  /** NetBox sends a webhook, signed and new. @returns the status of the answer */
  webhook(): Promise<number>;
  /** The run that was recorded last. */
  lastRun(): Promise<SyncRun | undefined>;
  /**
   * Which instances have another newest generation than when this was asked last, or are gone: `NAME GENERATION`, `NAME
   * removed`, sorted. All others have what they had.
   */
  renewed(): Promise<readonly string[]>;
  /** What the newest generation changed: `+ SECTION SUBJECT`, `-`, or `~ SECTION SUBJECT: BEFORE → AFTER`. */
  diff(instance: string): Promise<readonly string[]>;
  /** What `explain` says of the lines of a section whose subject matches. @param generation the newest if left out */
  explain(instance: string, section: Section, subject: RegExp, generation?: number): Promise<readonly Told[]>;
  guest(instance: string): Promise<GuestConfiguration>;
  /** Events of the trail. @param query of `GET /v1/audit` */
  audit(query: string): Promise<EventList['events']>;
  /** A hypervisor asks for the drive of an instance. @returns status and generation */
  bootOn(host: string, instance: string): Promise<readonly [status: number, generation: string | null]>;
  readonly site: RunningSite;
  close(): Promise<void>;
}

const dayMs = 86_400_000;
/** Entries as the day begins are that old. */
const history = ['createTimestamp', 'modifyTimestamp'].map((name) => `${name}: 20200101000000Z`).join('\n');

/** Twelve machines were ordered yesterday by bea, and no sync has been yet. */
export async function startDay(): Promise<Day> {
  const opened: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).toReversed()) await end();
  };
  try {
    return await open(opened, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(opened: (() => Promise<unknown>)[], close: () => Promise<void>): Promise<Day> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-day-'));
  opened.push(async () => await rm(folder, { recursive: true, force: true }));
  const slapd = await startSlapd({
    baseDn,
    ldif: directoryContent().replaceAll(/\n(?=\n|$)/g, `\n${history}\n`),
    schema: 'rfc2307bis',
    database: `sizelimit unlimited\n${accessRules}`,
  });
  opened.push(async () => await slapd.stop());
  let ago = dayMs;
  const now = (): Date => new Date(Date.now() - ago);
  const netbox = await startNetboxServer(emptyNetbox(), { now });
  opened.push(async () => await netbox.close());
  orderAll(netbox.as('bea'));
  ago = 0;

  await writeFile(join(folder, 'netbox.token'), testToken, { mode: 0o600 });
  await writeFile(join(folder, 'ldap.password'), slapd.password, { mode: 0o600 });
  await writeFile(join(folder, 'webhook.secret'), webhookSecret, { mode: 0o600 });
  await writeFile(join(folder, 'ca.pem'), slapd.ca);
  await cp(join(import.meta.dirname, 'policy.yaml'), join(folder, 'policy.yaml'));
  await writePayload(join(folder, 'payload'));
  await writeFile(
    join(folder, 'server.yaml'),
    stringify({
      listen: { address: '127.0.0.1', port: 0, socket: 'server.sock' },
      store: { kind: 'sqlite', path: 'ubugi.db' },
      signing: { keyFile: 'signing-key' },
      inventories: [{ name: 'netbox', kind: 'netbox', url: netbox.url, tokenFile: 'netbox.token' }],
      directory: {
        name: 'ldap',
        kind: 'ldap',
        url: slapd.url,
        caFile: 'ca.pem',
        bindDn: slapd.bindDn,
        passwordFile: 'ldap.password',
        baseDn,
        schema: 'rfc2307bis',
      },
      policy: { files: ['policy.yaml'] },
      drive: { cacheFolder: 'drives', payloadFolder: 'payload' },
      sync: { intervalSeconds: 0, hintDelaySeconds: 0 },
      webhooks: { netbox: { secretFile: 'webhook.secret' } },
    }),
  );
  const site = await startSite(join(folder, 'server.yaml'));
  opened.push(async () => await site.close());

  const tokens = new Map<string, string>();
  async function tokenOf(host: string): Promise<string> {
    const known = tokens.get(host);
    if (known !== undefined) return known;
    const body = { name: host, role: 'hypervisor', hypervisor: host };
    const { secret } = await site.post<TokenCreated>('/v1/tokens', body);
    tokens.set(host, secret);
    return secret;
  }

  let before = new Map<string, string>();
  return {
    site,
    close,
    inNetbox: (user) => netbox.as(user),
    inLdap: async (name, ldif) =>
      await slapd.modify(ldif, { dn: personDn(name), password: passwordOf(name) }),
    extendPolicy: async (yaml) => await appendFile(join(folder, 'policy.yaml'), yaml),
    sync: async (request = {}) => await site.post<SyncRun>('/v1/sync', request),
    webhook: async () => {
      const timestamp = new Date().toISOString();
      return (await site.send('POST', '/v1/webhooks/netbox', signedWebhook({ timestamp }))).status;
    },
    lastRun: async () => (await site.get<{ readonly runs: SyncRun[] }>('/v1/sync/runs')).runs[0],
    async renewed() {
      const { instances } = await site.get<InstanceList>('/v1/instances?removed=true&limit=1000');
      const states = new Map(
        instances.map(({ id, name, generation, removedAt }) => [
          id,
          `${name} ${removedAt === null ? generation.newest : 'removed'}`,
        ]),
      );
      const news = [...states].filter(([id, state]) => numberOf(before.get(id)) !== numberOf(state));
      before = states;
      return news.map(([, state]) => state).sort();
    },
    async diff(instance) {
      const { changes } = await site.get<GenerationDiff>(`/v1/instances/${instance}/diff`);
      return changes.map(({ action, section, subject, before: old, after }) => {
        const mark = { add: '+', change: '~', remove: '-' }[action];
        return `${mark} ${section} ${subject}${action === 'change' ? `: ${old} → ${after}` : ''}`;
      });
    },
    async explain(instance, section, subject, generation) {
      const which = generation === undefined ? '' : `&generation=${generation}`;
      const { lines } = await site.get<Explanation>(
        `/v1/instances/${instance}/explain?section=${section}${which}`,
      );
      return lines.filter((line) => subject.test(line.subject)).map(told);
    },
    guest: async (instance) => await site.get<GuestConfiguration>(`/v1/instances/${instance}/guest`),
    audit: async (query) => (await site.get<EventList>(`/v1/audit?${query}`)).events,
    async bootOn(host, instance) {
      const token = await tokenOf(host);
      const { status, headers } = await site.send('GET', `/v1/instances/${instance}/drive`, { token });
      return [status, headers.get('ubugi-generation')];
    },
  };
}

/** The generation alone: a machine may have another name and be as it was. */
function numberOf(state: string | undefined): string | undefined {
  return state?.split(' ').at(-1);
}

function told({ value, since, sources }: ExplainedLine): Told {
  return { value, since: since.generation, because: sources.map(sourceText) };
}

function sourceText({ kind, name, record, field, changedBy, changedAt }: Source): string {
  if (kind === 'policy') return `${basename(name)} ${field}, ${record}`;
  const short = (text: string): string => text.replaceAll(`,${baseDn}`, '');
  const place = `${name} ${short(record)}, ${field}`;
  if (changedAt === undefined) return place;
  const when = Date.parse(changedAt) > Date.now() - dayMs / 2 ? 'today' : 'before';
  return `${place} (changed ${when}${changedBy === undefined ? '' : ` by ${short(changedBy)}`})`;
}
