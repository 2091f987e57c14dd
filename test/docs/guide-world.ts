import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { RolloutList, TokenList } from '../../schemas/types/api.ts';
import { runUbugi, type UbugiResult } from '../cli/run-ubugi.ts';
import { exampleInstances } from '../harness/example-server.ts';
import { hypervisorExecutable } from '../harness/hook-host.ts';
import { type ServedSite, serveSite } from '../harness/served-site.ts';
import { sampleReport } from '../http/api-server.ts';
import { exchange } from '../http/http-exchange.ts';
import { guideText } from './guide-commands.ts';
import { createReportingGuests, type ReportingGuests } from './reporting-guests.ts';

/** The company of the guides: two sites, hosts and machines as they call them, and a folder to type commands in. */
export interface GuideWorld {
  readonly folder: string;
  readonly site: ServedSite;
  /** Another site, which has no machines. */
  readonly other: ServedSite;
  readonly guests: ReportingGuests;
  /** Types `ubugi …` in the folder, at the first site unless said otherwise. */
  ubugi(args: readonly string[], at?: ServedSite): Promise<UbugiResult>;
  /** Types `ubugi-hypervisor …` on hv-07, whose configuration is that of the guide. */
  hypervisor(args: readonly string[]): Promise<UbugiResult>;
  /** The policy comes to another /etc/motd. */
  changePolicy(): Promise<void>;
  /** A rollout of which the first machine failed. @returns its id */
  haltedRollout(): Promise<string>;
  /** Id of the newest token of this name. */
  tokenId(name: string): Promise<string>;
  /** A host reports the drive of web-01 as attached, with a token of its own. @returns status of its fetch before that */
  hostStarts(host: string): Promise<number>;
  close(): Promise<void>;
}

/** Serves both sites; the first one is synced. */
export async function openGuideWorld(): Promise<GuideWorld> {
  const opened: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const dispose of opened.splice(0).reverse()) await dispose();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'ubugi-guides-'));
    opened.push(() => rm(folder, { recursive: true, force: true }));
    const options = { lifetimeMs: 600_000 } as const;
    const site = await serveSite(options);
    opened.push(() => site.stop());
    const other = await serveSite(options);
    opened.push(() => other.stop());
    await nameAsInGuides(site);
    await site.operate('sync');
    await mkdir(join(folder, 'policy'));
    await cp(join(site.folder, 'policy.yaml'), join(folder, 'policy', 'base.yaml'));
    await writeFile(join(folder, 'tokyo.yaml'), 'projects: { db: shop }\n');
    await writeHost(folder, site.url);
    return { ...actions(folder, site), other, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The demo's machines under the names that the guides use. */
async function nameAsInGuides(site: ServedSite): Promise<void> {
  await site.edit('instances.yaml', [
    [/project: web/g, 'project: shop'],
    [/hypervisor: hv-01/g, 'hypervisor: hv-07'],
    [/name: db-01/, 'name: bm-01'],
    [/(project: db[^]*?site: )tokyo-1/, '$1paris-1'],
  ]);
  await site.edit('policy.yaml', [[/\[web\]/g, '[shop]']]);
}

/** The configuration in the guide, but for where things are on this machine. */
async function writeHost(folder: string, url: string): Promise<void> {
  const [, yaml = ''] = /<<'YAML'\n([^]*?)^ *YAML$/m.exec(guideText('hypervisor')) ?? [];
  const text = yaml
    .replaceAll(/^ {3}/gm, '')
    .replace(/url: .*/, `url: ${url}`)
    .replace(/ *caFile: .*\n/, '');
  for (const name of ['drives', 'state']) await mkdir(join(folder, name), { mode: 0o700 });
  await writeFile(join(folder, 'hypervisor.yaml'), `${text}stateFolder: state\ndriveFolder: drives\n`);
}

function actions(folder: string, site: ServedSite): Omit<GuideWorld, 'other' | 'close'> {
  const guests = createReportingGuests(site);
  let policies = 0;

  async function changePolicy(): Promise<void> {
    policies += 1;
    await site.edit('policy.yaml', [[/This machine.*/, `This machine, policy ${policies},`]]);
  }

  return {
    folder,
    site,
    guests,
    changePolicy,
    ubugi: async (args, at = site) =>
      await runUbugi(args, { UBUGI_SOCKET: at.socket, COLUMNS: '100' }, folder),

    async hypervisor(args) {
      const { stdout, stderr, exitCode } = await execa(await hypervisorExecutable(), [...args], {
        cwd: folder,
        env: { UBUGI_HYPERVISOR_CONFIG: join(folder, 'hypervisor.yaml') },
        reject: false,
        stdin: 'ignore',
        timeout: 60_000,
      });
      return { stdout, stderr, exitCode };
    },

    async haltedRollout() {
      await changePolicy();
      await site.operate('regenerate-drive', '--where', 'project=shop', '--canary', '1', '--batch', '1');
      const newest = async () =>
        (JSON.parse(await site.operate('rollout', 'list', '--json')) as RolloutList).rollouts[0];
      for (;;) {
        const rollout = await newest();
        if (rollout?.state === 'halted') return rollout.id;
        if (rollout?.state !== 'running') throw new Error(`the rollout is ${rollout?.state}`);
        await guests.report('failed');
      }
    },

    async tokenId(name) {
      const { tokens } = JSON.parse(await site.operate('token', 'list', '--json')) as TokenList;
      const token = tokens.findLast((candidate) => candidate.name === name && candidate.revokedAt === null);
      if (token === undefined) throw new Error(`no token ${name}`);
      return token.id;
    },

    async hostStarts(host) {
      const id = exampleInstances.web01;
      const role = ['--role', 'hypervisor', '--hypervisor', host] as const;
      const created = await site.operate('token', 'create', `${host}-start`, ...role, '--json');
      const { secret: token } = JSON.parse(created) as { readonly secret: string };
      const { hostname, port } = new URL(site.url);
      const target = { host: hostname, port };
      const { status } = await exchange(target, 'GET', `/v1/instances/${id}/drive`, { token });
      const detail = JSON.parse(await site.operate('show', 'web-01', '--json')) as {
        readonly summary: { readonly generation: { readonly newest: number } };
      };
      const body = sampleReport(id, {
        generation: detail.summary.generation.newest,
        startedAt: new Date().toISOString(),
        origin: 'hypervisor',
        outcome: 'attached',
      });
      await exchange(target, 'POST', `/v1/instances/${id}/reports`, { token, body });
      return status;
    },
  };
}

/** Content of a file in the world's folder. */
export async function fileIn({ folder }: GuideWorld, name: string): Promise<string> {
  return await readFile(join(folder, name), 'utf8');
}
