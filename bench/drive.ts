/**
 * `node bench/drive.ts [COUNT]`: cold builds of distinct drives by our builder, against genisoimage as Nova runs it on
 * the same trees, in the same folder, in the same run. The ways take turns, so that another load on the machine hits all
 * of them, and each begins with an idle disk. The last line is one JSON object.
 */
import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { drivePaths } from '../schemas/drive-format/drive-layout.ts';
import { systemClock } from '../server/domain/clock.ts';
import { driveFiles, openDriveBuilder } from '../server/drive/drive-builder-xorriso.ts';
import type { DriveFile } from '../server/drive/drive-file.ts';
import { createLimiter } from '../server/drive/limiter.ts';
import { type Payload, payloadOf, readPayload } from '../server/drive/payload.ts';
import { signingKey } from '../server/drive/signing-key.ts';
import { sampleGeneration, sampleIdentity } from '../test/drive/sample-generation.ts';

const run = promisify(execFile);

/** How often the ways take turns. */
const turns = 5;

/** What one way of building took. */
interface Figures {
  readonly drives: number;
  readonly drivesPerSecond: number;
  /** From the call to the image, at the way's own degree of concurrency. */
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** The bench's result, as it is printed in JSON. */
interface DriveBench {
  readonly bench: 'drive';
  readonly cores: number;
  readonly payloadBytes: number;
  readonly ubugi: Figures;
  readonly genisoimage: Figures;
  readonly genisoimageAllCores: Figures;
  /** Drives a second, ours against genisoimage one after the other, as Nova runs it. */
  readonly ratio: number;
  /** Ours against one genisoimage on every core at once, which Nova does not do. */
  readonly ratioAllCores: number;
}

/** Distinct instances: other names, other lengths, other numbers of accounts. */
function generations(count: number): ReturnType<typeof sampleGeneration>[] {
  return Array.from({ length: count }, (_, index) => {
    const generation = sampleGeneration({ index: index * 7919 + 1, number: (index % 12) + 1 });
    const accounts = generation.guest.accounts.slice(0, 5 + (index % 16));
    const members = accounts.map((account) => account.name);
    const groups = generation.guest.groups.map((group) => ({ ...group, members }));
    return { ...generation, guest: { ...generation.guest, accounts, groups } };
  });
}

async function benchPayload(): Promise<Payload> {
  const built = join(import.meta.dirname, '..', 'build', 'payload');
  if (existsSync(join(built, 'launch'))) return readPayload(built);
  return payloadOf([
    { path: `${drivePaths.agents}/aarch64/ubugi-agent`, content: randomBytes(1_300_000), executable: true },
    { path: `${drivePaths.agents}/x86_64/ubugi-agent`, content: randomBytes(650_000), executable: true },
    { path: drivePaths.launch, content: randomBytes(2000), executable: true },
  ]);
}

/** Times of one way, over all its turns. */
interface Clocked {
  readonly times: number[];
  seconds: number;
}

async function measure(
  clocked: Clocked,
  indexes: readonly number[],
  atOnce: number,
  build: (index: number) => Promise<void>,
): Promise<void> {
  // What others wrote is not to be waited for by us.
  await run('sync');
  const limit = createLimiter(atOnce);
  const start = performance.now();
  await Promise.all(
    indexes.map((index) =>
      limit(async () => {
        const from = performance.now();
        await build(index);
        clocked.times.push(performance.now() - from);
      }),
    ),
  );
  clocked.seconds += (performance.now() - start) / 1000;
}

function figures({ times, seconds }: Clocked): Figures {
  const sorted = [...times].sort((left, right) => left - right);
  return {
    drives: times.length,
    drivesPerSecond: round(times.length / seconds),
    medianMs: round(sorted[Math.floor(times.length / 2)] ?? 0),
    p99Ms: round(sorted[Math.floor(times.length * 0.99)] ?? 0),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Nova's `virt/configdrive.py`: the tree into a temporary folder, genisoimage over it, the folder removed. */
async function buildWithGenisoimage(
  folder: string,
  files: readonly DriveFile[],
  image: string,
): Promise<void> {
  const tree = await mkdtemp(join(folder, 'cd_gen_'));
  const made = new Set<string>();
  for (const file of files) {
    const path = join(tree, file.path);
    if (!made.has(dirname(path))) await mkdir(dirname(path), { recursive: true });
    made.add(dirname(path));
    await writeFile(path, file.content);
  }
  const flags = ['-ldots', '-allow-lowercase', '-allow-multidot', '-l', '-publisher', 'OpenStack Nova'];
  await run('genisoimage', ['-o', image, ...flags, '-quiet', '-J', '-r', '-V', 'config-2', tree]);
  await rm(tree, { recursive: true });
}

function table(rows: readonly (readonly [string, Figures])[]): string {
  const header = ['', 'drives/s', 'median ms', 'p99 ms', 'drives'];
  const cells = rows.map(([name, figures]) =>
    [name, figures.drivesPerSecond, figures.medianMs, figures.p99Ms, figures.drives].map(String),
  );
  const widths = header.map((_, column) =>
    Math.max(...[header, ...cells].map((row) => row[column]?.length ?? 0)),
  );
  return [header, ...cells]
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
}

/** Runs the bench. @param count drives of each way. */
export async function benchDrive(count: number): Promise<DriveBench> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-bench-'));
  try {
    const payload = await benchPayload();
    const cores = availableParallelism();
    const atOnce = cores * 4;
    const all = generations(count);
    const builder = await openDriveBuilder(
      { signingKey: signingKey(generateKeyPairSync('ed25519').privateKey), payload, clock: systemClock },
      {
        cacheFolder: join(folder, 'cache'),
        cacheLimitBytes: 2 ** 40,
        buildTimeoutMs: 30_000,
        concurrency: atOnce,
      },
    );
    const ours = async (index: number): Promise<void> => {
      const generation = all[index];
      if (generation !== undefined) await builder.build(generation, sampleIdentity);
    };
    const novas = async (index: number): Promise<void> => {
      const generation = all[index];
      if (generation === undefined) return;
      const image = join(folder, `${index}.iso`);
      await buildWithGenisoimage(folder, driveFiles(generation, sampleIdentity, payload), image);
    };
    const [ubugi, genisoimage, genisoimageAllCores] = [1, 2, 3].map(
      (): Clocked => ({ times: [], seconds: 0 }),
    ) as [Clocked, Clocked, Clocked];
    const turn = Math.ceil(count / turns);
    for (let from = 0; from < count; from += turn) {
      const indexes = Array.from({ length: Math.min(turn, count - from) }, (_, index) => from + index);
      await measure(genisoimage, indexes, 1, novas);
      await measure(ubugi, indexes, atOnce, ours);
      await measure(genisoimageAllCores, indexes, cores, novas);
    }
    const rate = figures(ubugi).drivesPerSecond;
    return {
      bench: 'drive',
      cores,
      payloadBytes: payload.files.reduce((sum, file) => sum + file.content.length, 0),
      ubugi: figures(ubugi),
      genisoimage: figures(genisoimage),
      genisoimageAllCores: figures(genisoimageAllCores),
      ratio: round(rate / figures(genisoimage).drivesPerSecond),
      ratioAllCores: round(rate / figures(genisoimageAllCores).drivesPerSecond),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const result = await benchDrive(Number(process.argv[2] ?? 300));
  console.log(
    `Cold builds of distinct drives, ${result.cores} cores, payload ${result.payloadBytes} bytes\n`,
  );
  console.log(
    table([
      ['ubugi (signed, hashed)', result.ubugi],
      ['genisoimage, one by one', result.genisoimage],
      ['genisoimage, all cores', result.genisoimageAllCores],
    ]),
  );
  console.log(`\n${result.ratio} times Nova's way, ${result.ratioAllCores} times genisoimage on all cores`);
  console.log(JSON.stringify(result));
}
