import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { buildOnce } from '../guest-image/build-once.ts';

/** An instance as Nova's objects have it; `output`: where its drive goes. */
export type NovaInstance = Readonly<Record<string, unknown>>;

/** What came of one instance. */
export type NovaResult =
  | { readonly value: Readonly<Record<string, unknown>> }
  | { readonly error: string; readonly text: string };

/** Sections and settings of nova.conf. */
export type NovaSettings = Readonly<Record<string, Readonly<Record<string, string>>>>;

const cache = join(import.meta.dirname, '../../../.cache/nova');
const deadline = { timeout: 300_000, stdin: 'ignore' } as const;
const client = join(import.meta.dirname, 'nova_client.py');

/**
 * Python packages of Debian's python3-nova and of all that it needs and this machine has not installed, unpacked beside
 * the system's: made once under `.cache/`, none of their scripts run.
 * @returns the folder for PYTHONPATH
 */
export async function novaPackages(): Promise<string> {
  const { stdout } = await execa(
    'apt-get',
    ['install', '--simulate', '--no-install-recommends', 'python3-nova'],
    { ...deadline, env: { LC_ALL: 'C' } },
  );
  const packages = [...stdout.matchAll(/^Inst (\S+)(?: \[[^\]]*\])? \((\S+)/gm)]
    .map(([, name = '', version = '']) => ({ name, version }))
    .filter(({ name }) => name.startsWith('python3-'));
  const names = packages.map(({ name, version }) => `${name}=${version}`).sort();
  const recipe = createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 16);
  const folder = await buildOnce(join(cache, recipe), (building) => unpack(names, building));
  return join(folder, 'usr/lib/python3/dist-packages');
}

async function unpack(names: readonly string[], folder: string): Promise<void> {
  // apt fetches as a user of its own.
  await chmod(folder, 0o755);
  const open = join(folder, 'packages');
  await mkdir(open);
  await chmod(open, 0o777);
  await execa('apt-get', ['download', '-qq', ...names], { ...deadline, cwd: open });
  for (const file of await readdir(open)) {
    await execa('dpkg-deb', ['-x', join(open, file), folder], deadline);
  }
  await rm(open, { recursive: true });
  for (const unused of ['usr/share', 'usr/bin', 'etc', 'lib']) {
    await rm(join(folder, unused), { recursive: true, force: true });
  }
}

/**
 * Runs Nova's own code on instances, one after the other in one process, so that it keeps its session as nova-compute
 * does.
 * @param packages what {@link novaPackages} gave
 * @param between awaited before each instance but the first
 */
export async function runNova(
  packages: string,
  what: 'vendordata' | 'drive',
  settings: NovaSettings,
  instances: readonly NovaInstance[],
  between: () => Promise<void> | void = () => undefined,
): Promise<{ readonly results: readonly NovaResult[]; readonly log: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-nova-code-'));
  const configuration = join(folder, 'nova.conf');
  await writeFile(configuration, render(settings));
  // Not the first python3 of the path: only the system's finds the packages that are installed.
  const process = execa('/usr/bin/python3', [client], {
    timeout: 100_000,
    env: { PATH: '/usr/bin:/bin', HOME: folder, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' },
    extendEnv: false,
    reject: false,
  });
  try {
    const lines = createInterface({ input: process.stdout });
    const results: NovaResult[] = [];
    process.stdin.write(`${JSON.stringify({ what, configuration, instances })}\n`);
    for (const index of instances.keys()) {
      if (index > 0) {
        await between();
        process.stdin.write('next\n');
      }
      const line: unknown = await Promise.race([
        once(lines, 'line').then(([text]: unknown[]) => text),
        process.then(({ stderr }) => Promise.reject(new Error(`Nova's code ended: ${stderr.slice(-2000)}`))),
      ]);
      results.push(JSON.parse(String(line)) as NovaResult);
    }
    process.stdin.end();
    return { results, log: (await process).stderr };
  } finally {
    process.kill();
    await process;
    await rm(folder, { recursive: true, force: true });
  }
}

function render(settings: NovaSettings): string {
  return Object.entries(settings)
    .flatMap(([section, values]) => [
      `[${section}]`,
      ...Object.entries(values).map(([name, value]) => `${name} = ${value}`),
    ])
    .join('\n');
}
