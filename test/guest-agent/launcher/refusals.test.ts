import { mkdir, open, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fatImage } from '../../harness/fat-image.ts';
import { contentCases, putMany } from './cases/content-cases.ts';
import type { DriveCase } from './cases/drive-case.ts';
import { intentCases } from './cases/intent-cases.ts';
import { manifestCases, signatureCases } from './cases/manifest-cases.ts';
import { signerCases } from './cases/signer-cases.ts';
import {
  createLauncherBench,
  type LauncherBench,
  recordApplied,
  SHELLS,
  type Shell,
} from './launcher-bench.ts';
import { expectRefusal, lastingState } from './refusal.ts';

let bench: LauncherBench;
let signers: string;
/** Images by the name of their case: both shells get the same. */
let images: Map<string, Promise<string>>;

beforeAll(async () => {
  bench = await createLauncherBench();
  signers = join(bench.root, 'etc/ubugi/trusted_signers');
  images = new Map();
});

afterAll(() => bench.dispose());

afterEach(async () => {
  await rm(join(bench.root, 'var/lib/ubugi/applied.json'), { force: true });
  await rm(join(bench.root, 'run'), { recursive: true, force: true });
  await rm(signers, { force: true });
  await writeFile(signers, await readFile(bench.signer.trustedSignersPath));
});

async function once(name: string, make: () => Promise<string>): Promise<string> {
  const made = images.get(name) ?? make();
  images.set(name, made);
  return made;
}

function imageOf({ name, drive, change, imageOptions }: DriveCase): Promise<string> {
  return once(name, () =>
    bench.image(drive, (tree) => change?.(tree, bench) ?? Promise.resolve(), imageOptions),
  );
}

/** Offers a medium. @returns why it is refused, with nothing changed; `taken` if it is not. */
async function offer(shell: Shell, medium: string): Promise<string> {
  const before = await lastingState(bench);
  const run = await bench.run(shell, [medium]);
  expect(run.output).not.toContain('\u001b');
  if (run.exitCode !== 0) return expectRefusal(bench, run, before);
  expect(run.calls).toHaveLength(1);
  return 'taken';
}

/** Media that are no image of ours at all, or no longer. */
const media: readonly {
  readonly name: string;
  readonly refused: RegExp;
  readonly make: (path: string) => Promise<unknown>;
}[] = [
  {
    name: 'ext4',
    make: (path) => writeDisk(path, ['mkfs.ext4', '-q', '-F', '-L', 'config-2', path]),
    refused: /not a readable ISO 9660 image|not a drive of Ubugi/,
  },
  {
    name: 'VFAT with our label',
    make: (path) => writeFile(path, fatImage('CONFIG-2')),
    refused: /not a readable ISO 9660 image|not a whole ISO 9660 image|not a drive of Ubugi/,
  },
  {
    name: 'a partition table with a genuine drive in its partition',
    make: async (path) => {
      await writeFile(path, Buffer.concat([Buffer.alloc(1024 * 1024), await readFile(await bench.image())]));
      await execa('sfdisk', ['-q', path], { input: 'label: dos\n2048,,17\n', timeout: 10_000 });
    },
    refused: /not a readable ISO 9660 image|not a whole ISO 9660 image|not a drive of Ubugi/,
  },
  {
    name: 'nothing',
    make: (path) => writeFile(path, ''),
    refused: /not a readable ISO 9660 image|not a whole ISO 9660 image|not a drive of Ubugi/,
  },
  {
    name: '20,000 files',
    make: (path) => mkdir(path).then(() => putMany(path, 20_000)),
    refused: /too large for a config drive/,
  },
  {
    name: 'an image that is cut',
    make: async (path) => {
      const image = await bench.image({ files: { 'ubugi/launch': 'x'.repeat(500_000) } });
      await truncate(image, (await stat(image)).size - 250 * 2048);
      await execa('mv', [image, path]);
    },
    refused: /cannot be read whole|not a whole ISO 9660 image/,
  },
  {
    name: 'one flipped bit in a file',
    make: (path) => flipBit(path, 'bit-to-flip'),
    refused: /: ubugi\/guest\.json is missing or not as it was signed/,
  },
  {
    name: 'one flipped bit in the manifest',
    make: (path) => flipBit(path, '"generation": 3'),
    refused: /: the signature of ubugi\/manifest\.json is not by a signer/,
  },
];

async function writeDisk(path: string, [program = '', ...given]: readonly string[]): Promise<void> {
  await writeFile(path, Buffer.alloc(4 * 1024 * 1024));
  await execa(program, given, { timeout: 20_000, env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } });
}

/** A genuine image with one bit flipped in the first occurrence of `marker`. */
async function flipBit(path: string, marker: string): Promise<void> {
  await execa('mv', [await bench.image(), path]);
  const offset = (await readFile(path)).indexOf(marker);
  const file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, offset);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, offset);
  await file.close();
}

describe.each(SHELLS)('what the launcher says in %s', (shell) => {
  test.each([...contentCases, ...signatureCases, ...manifestCases])(
    'to a drive with $name',
    async (given) => {
      expect(await offer(shell, await imageOf(given))).toMatch(given.refused ?? /^taken$/);
    },
  );

  test.each(media)('to a medium with $name', async ({ name, make, refused }) => {
    const path = join(bench.dir, `medium-${media.findIndex((medium) => medium.name === name)}.img`);
    await once(name, async () => {
      await make(path);
      return path;
    });
    expect(await offer(shell, path)).toMatch(refused);
  });

  test.each(intentCases)('to $name', async ({ name, drive, applied, refused }) => {
    if (applied !== undefined) await recordApplied(bench.root, applied.generation, applied);
    expect(await offer(shell, await once(`intent: ${name}`, () => bench.image(drive)))).toMatch(
      refused ?? /^taken$/,
    );
  });

  test.each(signerCases)('where $name is pinned', async ({ signers: pinned, taken }) => {
    const key = (await readFile(`${bench.signer.privateKeyPath}.pub`, 'utf8')).trim();
    await writeFile(signers, pinned(key));
    const refused = /: the signature of ubugi\/manifest\.json is not by a signer/;
    expect(await offer(shell, await once('plain', () => bench.image()))).toMatch(taken ? /^taken$/ : refused);
  });

  test('where the list of signers is a link to nowhere', async () => {
    await rm(signers);
    await symlink('nowhere', signers);
    expect(await offer(shell, await once('plain', () => bench.image()))).toMatch(
      /: the signature .* is not by a signer/,
    );
  });

  test.each([
    '',
    '{"inst',
    '{"instance":"x","generation":1}',
    '{"instance":"6f1d2c3b-0a4e-4f5d-8c6b-7a8990a1b2c3"}',
    '{"instance":"6f1d2c3b-0a4e-4f5d-8c6b-7a8990a1b2c3","generation":12345678901}',
    '{"instance":"6f1d2c3b-0a4e-4f5d-8c6b-7a8990a1b2c3","generation":1,"newest":12345678901}',
  ])('where the record of what was applied is %j', async (text) => {
    await writeFile(join(bench.root, 'var/lib/ubugi/applied.json'), text);
    expect(await offer(shell, await once('plain', () => bench.image()))).toMatch(
      /applied\.json cannot be read/,
    );
  });
});
