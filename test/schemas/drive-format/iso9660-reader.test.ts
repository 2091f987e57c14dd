import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriveRefusal } from '../../../schemas/drive-format/drive-refusal.ts';
import { imageInMemory } from '../../../schemas/drive-format/image-source.ts';
import { type IsoImage, readIsoImage } from '../../../schemas/drive-format/iso9660-reader.ts';
import { createIsoImager } from '../../../server/drive/iso9660.ts';

describe('readIsoImage', () => {
  let folder: string;
  let sound: Buffer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-iso-'));
    const imager = createIsoImager({ stagingFolder: folder, volumeId: 'config-2', timeoutMs: 30_000 });
    const path = join(folder, 'sound.iso');
    await imager.write(
      [
        { path: 'a/one.json', content: Buffer.from('one') },
        { path: 'b/one.json', content: Buffer.from('one') },
        { path: 'b/deep/er/two', content: Buffer.alloc(5000, 'two') },
        { path: 'empty', content: Buffer.alloc(0) },
        { path: 'run', content: Buffer.from('#!/bin/sh\n'), executable: true },
      ],
      path,
    );
    sound = await readFile(path);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  function read(bytes: Buffer, mode: 'strict' | 'lenient' = 'strict'): IsoImage {
    return readIsoImage(imageInMemory(bytes), { mode });
  }

  function refusal(bytes: Buffer, mode: 'strict' | 'lenient' = 'strict'): string {
    try {
      const image = read(bytes, mode);
      for (const file of image.files) image.read(file);
      return 'accepted';
    } catch (error) {
      if (error instanceof DriveRefusal) return error.reason;
      throw error;
    }
  }

  /** An image of a folder by a program of others. */
  async function foreign(
    command: string,
    args: readonly string[],
    tree: (path: string) => Promise<void>,
  ): Promise<Buffer> {
    const source = await mkdtemp(join(folder, 'tree-'));
    await tree(source);
    const output = `${source}.iso`;
    await execa(command, [...args, '-o', output, source], { timeout: 30_000 });
    return readFile(output);
  }

  const genisoimageFlags =
    '-ldots -allow-lowercase -allow-multidot -l -publisher Nova -quiet -J -r -V config-2'.split(' ');
  const xorrisoFlags = '-as mkisofs -quiet -no-pad -J -r -V config-2'.split(' ');

  it('lists files and folders with modes, and reads contents', () => {
    const image = read(sound);
    expect(image.volumeId).toBe('config-2');
    expect(image.folders).toEqual(['a', 'b', 'b/deep', 'b/deep/er']);
    expect(image.files.map((file) => [file.path, file.size, (file.mode ?? 0) & 0o7777])).toEqual([
      ['a/one.json', 3, 0o444],
      ['b/deep/er/two', 5000, 0o444],
      ['b/one.json', 3, 0o444],
      ['empty', 0, 0o444],
      ['run', 10, 0o555],
    ]);
    expect(image.files.map((file) => image.read(file).toString().slice(0, 5))).toEqual([
      'one',
      'twotw',
      'one',
      '',
      '#!/bi',
    ]);
  });

  it('reads what genisoimage makes for Nova, long names and many files included', async () => {
    const long = `${'n'.repeat(120)}.json`;
    const bytes = await foreign('genisoimage', genisoimageFlags, async (path) => {
      await mkdir(join(path, 'openstack/content'), { recursive: true });
      await writeFile(join(path, 'openstack', long), 'long');
      for (let index = 0; index < 60; index += 1) {
        await writeFile(join(path, 'openstack/content', String(index).padStart(4, '0')), `content ${index}`);
      }
    });
    const image = read(bytes, 'lenient');
    const content = new Map(image.files.map((file) => [file.path, image.read(file).toString()]));
    expect(content.size).toBe(61);
    expect(content.get(`openstack/${long}`)).toBe('long');
    expect(content.get('openstack/content/0042')).toBe('content 42');
    // Cut off by more than its padding, it is refused all the same.
    expect(refusal(bytes.subarray(0, bytes.length - 2048), 'lenient')).toBe('truncated');
  });

  it('refuses links and devices in both modes', async () => {
    const link = await foreign('xorriso', xorrisoFlags, (path) =>
      symlink('/etc/shadow', join(path, 'user_data')),
    );
    const device = await foreign('xorriso', xorrisoFlags, async (path) => {
      await execa('mknod', [join(path, 'disk'), 'b', '7', '0']);
    });
    const fifo = await foreign('genisoimage', genisoimageFlags, async (path) => {
      await execa('mkfifo', [join(path, 'pipe')]);
    });
    for (const mode of ['strict', 'lenient'] as const) {
      expect(refusal(link, mode)).toBe('forbidden-entry');
      expect(refusal(device, mode)).toBe('forbidden-entry');
      expect(refusal(fifo, mode)).toBe('forbidden-entry');
    }
  });

  it('refuses relocated folders', async () => {
    const deep = await foreign('genisoimage', genisoimageFlags, async (path) => {
      await mkdir(join(path, 'a/b/c/d/e/f/g/h/i/j'), { recursive: true });
      await writeFile(join(path, 'a/b/c/d/e/f/g/h/i/j/file'), 'deep');
    });
    expect(refusal(deep, 'lenient')).toBe('forbidden-entry');
  });

  it('refuses names that lead elsewhere', () => {
    for (const name of ['..', '/x', 'a\0b']) {
      const bytes = Buffer.from(sound);
      const entry = Buffer.concat([Buffer.from('NM'), Buffer.from([8, 1, 0]), Buffer.from('run')]);
      const at = bytes.indexOf(entry);
      expect(at).toBeGreaterThan(0);
      bytes.write(name.padEnd(3, '\0').slice(0, 3), at + 5, 'latin1');
      expect(refusal(bytes, 'lenient')).toBe('forbidden-entry');
    }
  });

  it('refuses a Joliet tree that differs, or none', async () => {
    const differing = Buffer.from(sound);
    const name = Buffer.from('run', 'utf16le').swap16();
    differing.write('\0s', differing.indexOf(name), 'latin1');
    expect(refusal(differing)).toBe('trees-differ');
    const without = await foreign(
      'xorriso',
      xorrisoFlags.filter((flag) => flag !== '-J'),
      (path) => writeFile(join(path, 'file'), 'content'),
    );
    expect(refusal(without)).toBe('trees-differ');
    expect(refusal(without, 'lenient')).toBe('accepted');
  });

  it('refuses multiple extents, loops, and extents that are out of the image or overlap', () => {
    const file = read(sound).files.find((candidate) => candidate.path === 'b/deep/er/two');
    const records = file?.recordOffsets ?? [];
    expect(records).toHaveLength(2);
    function changed(change: (bytes: Buffer, record: number) => void): Buffer {
      const bytes = Buffer.from(sound);
      for (const record of records) change(bytes, record);
      return bytes;
    }
    function both(bytes: Buffer, offset: number, value: number): void {
      bytes.writeUInt32LE(value, offset);
      bytes.writeUInt32BE(value, offset + 4);
    }
    expect(refusal(changed((bytes, record) => bytes.writeUInt8(0x80, record + 25)))).toBe('forbidden-entry');
    expect(refusal(changed((bytes, record) => both(bytes, record + 2, 2 ** 31)))).toBe('truncated');
    expect(refusal(changed((bytes, record) => both(bytes, record + 10, 2 ** 31)))).toBe('too-large');
    expect(refusal(changed((bytes, record) => both(bytes, record + 2, 16)))).toBe('damaged');
    expect(refusal(changed((bytes, record) => bytes.writeUInt32LE(1, record + 2)))).toBe('damaged');
    const loop = Buffer.from(sound);
    const root = sound.readUInt32LE(16 * 2048 + 156 + 2);
    const folderRecord = loop.indexOf(Buffer.from([0x02, 0, 0, 1, 0, 0, 1, 1, 0x41]), root * 2048) - 25;
    both(loop, folderRecord + 2, root);
    expect(refusal(loop)).toBe('damaged');
  });

  it('throws nothing but its refusal, whatever is changed', () => {
    const head = 64 * 1024;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            // Where the metadata stand, most of the time.
            at: fc.oneof(
              fc.integer({ min: 32 * 1024, max: head }),
              fc.integer({ min: 0, max: sound.length - 1 }),
            ),
            bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        fc.option(fc.integer({ min: 0, max: sound.length }), { nil: undefined }),
        fc.constantFrom('strict' as const, 'lenient' as const),
        (changes, cut, mode) => {
          const bytes = Buffer.from(sound.subarray(0, cut));
          for (const { at, bytes: value } of changes) Buffer.from(value).copy(bytes, at);
          // Throws what is no refusal.
          expect(refusal(bytes, mode)).not.toBe('');
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('takes no garbage for an image', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100_000 }), (bytes) => {
        expect(refusal(Buffer.from(bytes))).toBe('not-an-iso-image');
      }),
    );
  });
});
