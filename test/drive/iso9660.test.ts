import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { imageInMemory } from '../../schemas/drive-format/image-source.ts';
import { readIsoImage } from '../../schemas/drive-format/iso9660-reader.ts';
import type { DriveFile } from '../../server/drive/drive-file.ts';
import { createIsoImager } from '../../server/drive/iso9660.ts';
import { smallFileSystem, temporaryFolder } from './temporary-folder.ts';

const files: readonly DriveFile[] = [
  { path: 'openstack/latest/meta_data.json', content: Buffer.from('{}\n') },
  { path: 'openstack/2018-08-27/meta_data.json', content: Buffer.from('{}\n') },
  { path: 'ubugi/launch', content: Buffer.alloc(5000, '#'), executable: true },
  { path: 'ubugi/empty', content: Buffer.alloc(0) },
  ...Array.from({ length: 40 }, (_, index) => ({
    path: `ubugi/scripts/script-${index}`,
    content: Buffer.from(`echo ${index}\n`),
    executable: true,
  })),
];

const options = { volumeId: 'config-2', timeoutMs: 30_000 };

describe('createIsoImager', () => {
  it('makes the same bytes of the same files, in any order, place, time zone, language and umask', async () => {
    await using folder = await temporaryFolder();
    const plain = join(folder.path, 'plain.iso');
    await createIsoImager({ ...options, stagingFolder: join(folder.path, 'a') }).write(files, plain);
    const reference = await readFile(plain);
    // A process of its own, because umask and environment are the process's.
    const script = `
      import { readFileSync } from 'node:fs';
      import { createIsoImager } from ${JSON.stringify(join(import.meta.dirname, '../../server/drive/iso9660.ts'))};
      const [, stagingFolder, output] = process.argv;
      process.umask(0o077);
      const files = JSON.parse(readFileSync(0, 'utf8')).map((file) => ({ ...file, content: Buffer.from(file.content) }));
      await createIsoImager({ volumeId: 'config-2', timeoutMs: 30000, stagingFolder }).write(files, output);`;
    const other = join(folder.path, 'other.iso');
    const staging = join(folder.path, 'a much longer name for a folder');
    await execa(process.execPath, ['--input-type=module', '-e', script, staging, other], {
      input: JSON.stringify([...files].reverse()),
      env: { TZ: 'Asia/Tokyo', LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: '1' },
      timeout: 60_000,
    });
    expect((await readFile(other)).equals(reference)).toBe(true);
    expect(await readdir(staging)).toEqual([]);
  });

  it('keeps equal files once', async () => {
    await using folder = await temporaryFolder();
    const output = join(folder.path, 'image.iso');
    await createIsoImager({ ...options, stagingFolder: folder.path }).write(files, output);
    const image = readIsoImage(imageInMemory(await readFile(output)));
    const places = image.files
      .filter((file) => file.path.endsWith('meta_data.json'))
      .map((file) => file.extent);
    expect(places).toHaveLength(2);
    expect(places[0]).toEqual(places[1]);
  });

  it.each([
    [['ubugi/scripts/Run', 'ubugi/scripts/run'], /"ubugi\/scripts\/Run" and "ubugi\/scripts\/run" clash/],
    [['A/one', 'a/two'], /"A\/" and "a" clash/],
    [['a', 'a/b'], /"a" and "a" clash/],
    [[`scripts/${'x'.repeat(65)}`], /more than 64 characters/],
    [['a/b/c/d/e/f/g/h/i'], /too long or too deep/],
    [['../etc/passwd'], /not made of letters/],
    [['a//b'], /not made of letters/],
    [['with blank'], /not made of letters/],
    [['-option'], /not made of letters/],
    [['a=b'], /not made of letters/],
  ])('refuses names that some reader would not find: %j', async (paths, message) => {
    await using folder = await temporaryFolder();
    const imager = createIsoImager({ ...options, stagingFolder: folder.path });
    const named = paths.map((path) => ({ path, content: Buffer.from('x') }));
    await expect(imager.write(named, join(folder.path, 'x.iso'))).rejects.toMatchObject({
      code: 'drive-build-failed',
      message: expect.stringMatching(message),
    });
  });

  it('says that the disk is full, whichever file it was', async () => {
    await using small = await smallFileSystem(256 * 1024);
    await using large = await temporaryFolder();
    const big = [{ path: 'big', content: Buffer.alloc(512 * 1024, 1) }];
    const staged = createIsoImager({ ...options, stagingFolder: small.path });
    await expect(staged.write(big, join(large.path, 'x.iso'))).rejects.toMatchObject({
      code: 'storage-failed',
    });
    const written = createIsoImager({ ...options, stagingFolder: large.path });
    await expect(written.write(big, join(small.path, 'x.iso'))).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('no space is left'),
    });
    expect(await readdir(large.path)).toEqual([]);
  });

  it('kills xorriso at the deadline, and tells what it said when it fails', async () => {
    await using folder = await temporaryFolder();
    const bin = join(folder.path, 'bin');
    await mkdir(bin);
    async function program(name: string, body: string): Promise<string> {
      await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`);
      await chmod(join(bin, name), 0o755);
      return join(bin, name);
    }
    const write = (command: string, timeoutMs: number): Promise<void> =>
      createIsoImager({ ...options, command, timeoutMs, stagingFolder: join(folder.path, 'staging') }).write(
        files,
        join(folder.path, 'x.iso'),
      );
    await expect(write(await program('hangs', 'trap "" TERM; exec sleep 60'), 200)).rejects.toMatchObject({
      code: 'drive-build-failed',
      message: expect.stringContaining('did not end within 200 ms'),
    });
    await expect(write(await program('fails', 'echo "sorry, no" >&2; exit 5'), 5000)).rejects.toMatchObject({
      code: 'drive-build-failed',
      message: expect.stringContaining('sorry, no'),
    });
    await expect(write('no-such-xorriso', 5000)).rejects.toMatchObject({
      code: 'drive-build-failed',
      message: expect.stringContaining('install the package xorriso'),
    });
    expect(await readdir(join(folder.path, 'staging'))).toEqual([]);
  });
});
