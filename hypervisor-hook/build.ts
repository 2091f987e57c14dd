import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';

/** What the build makes, and from what. */
interface BuildFolders {
  /** Root of the repository. */
  readonly root: string;
  /** The finished executable. */
  readonly output: string;
  /** Executables by hash of their inputs. */
  readonly cache: string;
}

/** The marker in Node's executable that postject turns on (Node documentation, Single executable applications). */
const sentinel = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const toolDeadlineMs = 120_000;

/**
 * Builds `ubugi-hypervisor`: the bundle, run once up to its start, as a V8 start-up snapshot in a copy of Node's
 * executable. One file, no Node on the host, no compiling at start. Taken from the cache if nothing changed.
 */
export async function buildHypervisor({ root, output, cache }: BuildFolders): Promise<'built' | 'cached'> {
  const node = createRequire(join(root, 'package.json')).resolve('node/bin/node');
  const postject = createRequire(join(root, 'package.json')).resolve('postject/dist/cli.js');
  const bundle = await bundleSources(root);
  const inputs = [
    bundle,
    await readFile(node),
    await readFile(postject),
    await readFile(import.meta.filename),
  ];
  const cached = join(cache, await hash(inputs), 'ubugi-hypervisor');
  const known = await stat(cached).catch(() => undefined);
  if (known === undefined) {
    await mkdir(cache, { recursive: true });
    const work = await mkdtemp(join(cache, 'build-'));
    try {
      const executable = await assemble({ work, node, postject, bundle });
      await mkdir(dirname(cached), { recursive: true });
      await rename(executable, cached);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  await publish(cached, output);
  return known === undefined ? 'built' : 'cached';
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

async function hash(inputs: readonly Uint8Array[]): Promise<string> {
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

/** By rename: the old file may be running. */
async function publish(cached: string, output: string): Promise<void> {
  await mkdir(dirname(output), { recursive: true });
  const temporary = `${output}.${process.pid}`;
  await copyFile(cached, temporary);
  await rename(temporary, output);
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname);
  const output = join(root, 'build/hypervisor/ubugi-hypervisor');
  const outcome = await buildHypervisor({ root, output, cache: join(root, '.cache/hypervisor') });
  process.stdout.write(`${output} (${outcome})\n`);
}
