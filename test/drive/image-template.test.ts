import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DriveFile } from '../../server/drive/drive-file.ts';
import { createImageFactory } from '../../server/drive/image-template.ts';
import { createIsoImager, type IsoImager } from '../../server/drive/iso9660.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Counts what it passes on. */
function counted(imager: IsoImager): IsoImager & { runs(): number } {
  let runs = 0;
  return {
    runs: () => runs,
    write: (files, output) => {
      runs += 1;
      return imager.write(files, output);
    },
  };
}

function file(path: string, content: string | number, executable = false): DriveFile {
  return {
    path,
    content: typeof content === 'string' ? Buffer.from(content) : Buffer.alloc(content, path),
    executable,
  };
}

describe('createImageFactory', () => {
  it('gives byte for byte what xorriso makes of the files itself', async () => {
    await using folder = await temporaryFolder();
    const imager = createIsoImager({ stagingFolder: folder.path, volumeId: 'config-2', timeoutMs: 30_000 });
    const factory = createImageFactory({ imager }, { folder: folder.path });
    const output = join(folder.path, 'direct.iso');
    const content = fc.oneof(
      fc.constantFrom(0, 1, 2047, 2048, 2049, 9000).map((size) => Buffer.alloc(size, 7)),
      fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes)),
      // Contents that are alike must not be taken for one another.
      fc.constantFrom('one', 'two').map((text) => Buffer.from(text)),
    );
    const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,40}$/);
    const tree = fc.dictionary(
      fc
        .array(name, { minLength: 1, maxLength: 4 })
        .map((names) => names.map((part, depth) => `${depth}${part}`).join('/')),
      fc.record({ content, executable: fc.boolean() }),
      { minKeys: 1, maxKeys: 12 },
    );
    await fc.assert(
      fc.asyncProperty(tree, async (entries) => {
        const paths = Object.keys(entries);
        // A name cannot be a file and a folder.
        fc.pre(!paths.some((path) => paths.some((other) => other.startsWith(`${path}/`))));
        fc.pre(paths.some((path) => (entries[path]?.content.length ?? 0) > 0));
        const files = Object.entries(entries).map(([path, entry]) => ({ path, ...entry }));
        await rm(output, { force: true });
        await imager.write(files, output);
        expect(Buffer.concat(await factory.image(files)).equals(await readFile(output))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('runs xorriso once a shape: sizes within the sectors and contents do not matter, sharing does', async () => {
    await using folder = await temporaryFolder();
    const imager = counted(
      createIsoImager({ stagingFolder: folder.path, volumeId: 'config-2', timeoutMs: 30_000 }),
    );
    const factory = createImageFactory({ imager }, { folder: folder.path, maxTemplates: 2 });
    const one = [file('a', 'one'), file('b', 'two')];
    const [first] = await Promise.all([
      factory.image(one),
      factory.image(one),
      factory.image([file('a', 'other'), file('b', 2048)]),
    ]);
    expect(imager.runs()).toBe(1);
    expect(Buffer.concat(await factory.image([...one].reverse()))).toEqual(Buffer.concat(first));
    expect(imager.runs()).toBe(1);
    await factory.image([file('a', 'same'), file('b', 'same')]);
    expect(imager.runs()).toBe(2);
    await factory.image([file('a', 'one'), file('b', 2049)]);
    expect(imager.runs()).toBe(3);
    // The first shape had to make room.
    await factory.image(one);
    expect(imager.runs()).toBe(4);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('tries again after a failure', async () => {
    await using folder = await temporaryFolder();
    const real = createIsoImager({ stagingFolder: folder.path, volumeId: 'config-2', timeoutMs: 30_000 });
    let failing = true;
    const imager: IsoImager = {
      write: async (files, output) => {
        if (failing) throw new Error('full');
        await real.write(files, output);
      },
    };
    const factory = createImageFactory({ imager }, { folder: folder.path });
    await expect(factory.image([file('a', 'one')])).rejects.toThrow('full');
    failing = false;
    expect(Buffer.concat(await factory.image([file('a', 'one')])).length).toBeGreaterThan(32768);
  });
});
