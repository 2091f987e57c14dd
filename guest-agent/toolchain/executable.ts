import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** Architectures that the agent is built for, as `uname -m` names them. */
export const architectures = ['x86_64', 'aarch64'] as const;

/** One of {@link architectures}. */
export type Architecture = (typeof architectures)[number];

const root = join(import.meta.dirname, '../..');
const quickjs = join(root, 'node_modules/qjsc/deps/quickjs_2021_03_27');
const native = join(import.meta.dirname, '../agent/native');
const defaultCache = join(root, '.cache/guest-agent');

const compilers: Readonly<Record<Architecture, string>> = {
  x86_64: 'musl-gcc',
  aarch64: 'aarch64-linux-gnu-gcc',
};
const hostCompiler = 'gcc';
const engine = ['quickjs', 'libregexp', 'libunicode', 'cutils', 'quickjs-libc', 'libbf'] as const;
const flags = [
  '-Os',
  '-std=gnu11',
  '-ffunction-sections',
  '-fdata-sections',
  '-fno-asynchronous-unwind-tables',
  '-fno-unwind-tables',
  '-frandom-seed=ubugi',
  '-fwrapv',
  '-w',
  '-D_GNU_SOURCE',
  '-DCONFIG_VERSION="2021-03-27"',
  '-DCONFIG_BIGNUM',
] as const;
/** Assertions name their source file: without the folder of the build, so that it is the same wherever it was built. */
const placeless = [`-ffile-prefix-map=${quickjs}=quickjs`, `-ffile-prefix-map=${native}=native`];
/** Language features the agent does not use, left out of the executable. */
const without = ['string-normalize', 'proxy', 'typedarray', 'promise', 'module-loader', 'bigint'] as const;
/** Most bytes of one executable; the drive of every VM carries it. */
const sizeLimit = 1_500_000;

/**
 * Compiles a bundle to a static executable, or takes it from `.cache/`, keyed by the hash of all that goes in.
 *
 * @param cache folder of finished and intermediate results; `.cache/guest-agent` if absent.
 * @returns absolute path of the executable.
 */
export async function buildExecutable(
  bundle: string,
  architecture: Architecture,
  cache: string = defaultCache,
): Promise<string> {
  const compiler = compilers[architecture];
  const key = createHash('sha256');
  for (const part of [
    bundle,
    sourcesHash(),
    await version(compiler),
    flags.join(' '),
    without.join(' '),
    architecture,
  ]) {
    key.update(`${part.length}:${part}`);
  }
  const finished = join(cache, `${architecture}-${key.digest('hex').slice(0, 32)}`);
  if (existsSync(finished)) return finished;
  const generator = await hostQjsc(cache);
  const work = mkdtempSync(join(cache, 'work-'));
  try {
    writeFileSync(join(work, 'agent.js'), bundle);
    const features = ['-flto', ...without.map((feature) => `-fno-${feature}`)];
    await compile(
      generator,
      ['-e', '-m', ...features, '-M', 'native,native', '-o', 'agent.c', 'agent.js'],
      work,
    );
    const objects = await engineObjects(compiler, cache);
    await compile(
      compiler,
      [
        ...flags,
        ...placeless,
        '-static',
        '-s',
        '-Wl,--gc-sections,--build-id=none',
        '-I',
        quickjs,
        '-I',
        native,
        '-o',
        'agent',
        'agent.c',
        join(native, 'ubugi-native.c'),
        ...objects,
        '-lm',
        '-lpthread',
      ],
      work,
    );
    const size = readFileSync(join(work, 'agent')).length;
    if (size > sizeLimit)
      throw new Error(`ubugi-agent for ${architecture} has ${size} bytes; the limit is ${sizeLimit}`);
    chmodSync(join(work, 'agent'), 0o755);
    renameSync(join(work, 'agent'), finished);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return finished;
}

/** QuickJS's own compiler, built for this machine: it turns the bundle into bytecode in C. */
async function hostQjsc(cache: string): Promise<string> {
  return once(cache, `qjsc-${await objectsKey(hostCompiler)}`, async (work) => {
    const objects = await engineObjects(hostCompiler, cache);
    await compile(
      hostCompiler,
      [
        ...flags,
        ...placeless,
        '-DCONFIG_LTO',
        '-DCONFIG_CC="cc"',
        '-DCONFIG_PREFIX="/nonexistent"',
        '-I',
        quickjs,
        '-o',
        join(work, 'result'),
        join(quickjs, 'qjsc.c'),
        ...objects,
        '-lm',
        '-ldl',
        '-lpthread',
      ],
      work,
    );
  });
}

/** The engine's object files by one compiler, made once. */
async function engineObjects(compiler: string, cache: string): Promise<readonly string[]> {
  const folder = await once(cache, `engine-${await objectsKey(compiler)}`, async (work) => {
    const result = join(work, 'result');
    mkdirSync(result);
    await Promise.all(
      engine.map((name) =>
        compile(
          compiler,
          [
            ...flags,
            ...placeless,
            '-I',
            quickjs,
            '-c',
            '-o',
            join(result, `${name}.o`),
            join(quickjs, `${name}.c`),
          ],
          work,
        ),
      ),
    );
  });
  return engine.map((name) => join(folder, `${name}.o`));
}

/** Makes `CACHE/NAME` from what `make` leaves at `WORK/result`, unless it is there. */
async function once(cache: string, name: string, make: (work: string) => Promise<void>): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const finished = join(cache, name);
  if (existsSync(finished)) return finished;
  const work = mkdtempSync(join(cache, 'work-'));
  try {
    await make(work);
    // Two builds may run side by side: whoever renames first wins.
    if (!existsSync(finished)) renameSync(join(work, 'result'), finished);
  } catch (error) {
    if (!existsSync(finished)) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return finished;
}

async function objectsKey(compiler: string): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify([sourcesHash(), flags, await version(compiler)]));
  return `${compiler}-${key.digest('hex').slice(0, 16)}`;
}

function sourcesHash(): string {
  const hash = createHash('sha256');
  for (const folder of [quickjs, native]) {
    for (const name of readdirSync(folder)
      .filter((file) => /\.[ch]$/.test(file))
      .sort()) {
      hash.update(name).update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex');
}

async function version(compiler: string): Promise<string> {
  const { stdout } = await execa(compiler, ['--version'], { timeout: 10_000 });
  return stdout;
}

async function compile(program: string, argumentList: readonly string[], folder: string): Promise<void> {
  await execa(program, argumentList, {
    cwd: folder,
    timeout: 300_000,
    stdin: 'ignore',
    // Nothing of the time of the build may get into the executable.
    env: { SOURCE_DATE_EPOCH: '0', LC_ALL: 'C' },
  });
}
