import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';

/** Where the build reads and keeps. */
interface BuildFolders {
  /** Root of the repository. */
  readonly root: string;
  /** Executables by hash of their inputs; only the newest few are kept. */
  readonly cache: string;
}

/** A finished executable. */
export interface BuiltExecutable {
  /** Its path in the cache. It is never written again, but dropped when newer ones come. */
  readonly path: string;
  readonly outcome: 'built' | 'cached';
}

/** The marker in Node's executable that postject turns on (Node documentation, Single executable applications). */
const sentinel = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const toolDeadlineMs = 120_000;

const keptExecutables = 4;

/**
 * Builds `ubugi-hypervisor`: the bundle, run once up to its start, as a V8 start-up snapshot in a copy of Node's
 * executable. One file, no Node on the host, no compiling at start. Taken from the cache if nothing changed.
 */
export async function buildHypervisor({ root, cache }: BuildFolders): Promise<BuiltExecutable> {
  const resolveModule = createRequire(join(root, 'package.json')).resolve;
  const node = resolveModule('node/bin/node');
  const postject = resolveModule('postject/dist/cli.js');
  const bundle = await bundleSources(root);
  const inputs = [
    bundle,
    await readFile(node),
    await readFile(postject),
    await readFile(import.meta.filename),
  ];
  const folder = join(cache, hash(inputs));
  const path = join(folder, 'ubugi-hypervisor');
  if ((await stat(path).catch(() => undefined)) !== undefined) return { path, outcome: 'cached' };

  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(cache, 'work-'));
  try {
    await rename(await assemble({ work, node, postject, bundle }), path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  await dropOldest(cache);
  return { path, outcome: 'built' };
}

/** Puts the executable at a path, by rename: the old one may be running. */
export async function publishExecutable(executable: string, output: string): Promise<void> {
  await mkdir(dirname(output), { recursive: true });
  const temporary = `${output}.${process.pid}`;
  await copyFile(executable, temporary);
  await rename(temporary, output);
}

/** Each has more than 100 MB. */
async function dropOldest(cache: string): Promise<void> {
  const folders = await Promise.all(
    (await readdir(cache)).map(async (name) => {
      const path = join(cache, name);
      return { path, changed: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  const oldest = folders.sort((left, right) => right.changed - left.changed).slice(keptExecutables);
  await Promise.all(oldest.map(({ path }) => rm(path, { recursive: true, force: true })));
}

async function bundleSources(root: string): Promise<Uint8Array> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['hypervisor-hook/main.ts'],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    // `import()` has no loader in an executable; `require` has, for Node's own modules.
    supported: { 'dynamic-import': false },
    write: false,
    logLevel: 'warning',
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('esbuild made no bundle of hypervisor-hook/main.ts');
  return file.contents;
}

function hash(inputs: readonly Uint8Array[]): string {
  const sum = createHash('sha256').update(process.arch);
  for (const input of inputs) sum.update(createHash('sha256').update(input).digest());
  return sum.digest('hex').slice(0, 32);
}

interface Assembly {
  readonly work: string;
  readonly node: string;
  readonly postject: string;
  readonly bundle: Uint8Array;
}

async function assemble({ work, node, postject, bundle }: Assembly): Promise<string> {
  const executable = join(work, 'ubugi-hypervisor');
  const configuration = {
    main: 'main.cjs',
    output: 'main.blob',
    useSnapshot: true,
    disableExperimentalSEAWarning: true,
    // NODE_OPTIONS of the caller is not for this program.
    execArgvExtension: 'none',
  };
  await writeFile(join(work, 'main.cjs'), bundle);
  await writeFile(join(work, 'sea.json'), JSON.stringify(configuration));
  const options = { cwd: work, timeout: toolDeadlineMs, env: { NODE_OPTIONS: '' } };
  await execa(node, ['--experimental-sea-config', 'sea.json'], options);
  await copyFile(node, executable);
  await chmod(executable, 0o755);
  await execa(
    node,
    [postject, executable, 'NODE_SEA_BLOB', join(work, 'main.blob'), '--sentinel-fuse', sentinel],
    options,
  );
  return executable;
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname);
  const output = join(root, 'build/hypervisor/ubugi-hypervisor');
  const { path, outcome } = await buildHypervisor({ root, cache: join(root, '.cache/hypervisor') });
  await publishExecutable(path, output);
  process.stdout.write(`${output} (${outcome})\n`);
}
