import { appendFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { listFiles } from '../../../server/inventory/file/file-set.ts';
import { readFileText } from '../../../server/inventory/file/file-text.ts';
import { defaultReadingLimits } from '../../../server/inventory/file/raw-record.ts';
import { type FilesReading, readFiles } from '../../../server/inventory/file/read-files.ts';
import { makeInventoryFolder } from '../../harness/inventory-file.ts';

const signal = new AbortController().signal;
let path: string;

beforeEach(async () => {
  const folder = await makeInventoryFolder();
  onTestFinished(() => folder.remove());
  path = folder.path;
});

const inFolder = (name: string): string => join(path, name);

describe('files that change while they are read', () => {
  beforeEach(() => {
    writeFileSync(inFolder('a.json'), '["moves", "a"]');
    writeFileSync(inFolder('b.json'), '["b"]');
  });

  /** Reads the folder; `disturb` is called with the first record of each attempt. */
  const read = (disturb: (attempt: number) => void): Promise<FilesReading<readonly unknown[]>> => {
    let attempt = 0;
    return readFiles(
      path,
      () => {
        const values: unknown[] = [];
        attempt += 1;
        return {
          take({ value }) {
            if (values.length === 0) disturb(attempt);
            values.push(value);
          },
          result: () => values,
        };
      },
      defaultReadingLimits,
      signal,
    );
  };

  test.each<[string, () => void, readonly string[]]>([
    [
      'moved from one file to another',
      () => {
        writeFileSync(inFolder('new'), '["a"]');
        renameSync(inFolder('new'), inFolder('a.json'));
        writeFileSync(inFolder('b.json'), '["b", "moves"]');
      },
      ['a', 'b', 'moves'],
    ],
    ['written to in place', () => writeFileSync(inFolder('a.json'), '["other"]'), ['other', 'b']],
    ['another file', () => writeFileSync(inFolder('c.json'), '["c"]'), ['moves', 'a', 'b', 'c']],
    ['one file less', () => rmSync(inFolder('b.json')), ['moves', 'a']],
  ])('are read again: %s', async (_, disturb, expected) => {
    const { result } = await read((attempt) => attempt === 1 && disturb());
    expect(result).toEqual(expected);
  });

  test('fail if they never come to rest', async () => {
    await expect(read(() => appendFileSync(inFolder('b.json'), ' '))).rejects.toThrow(
      'changes while it is read',
    );
  });

  test('are not read through a link that takes their place', async () => {
    const disturb = (): void => {
      rmSync(inFolder('b.json'), { force: true });
      symlinkSync('/etc/hostname', inFolder('b.json'));
    };
    await expect(read((attempt) => attempt === 1 && disturb())).rejects.toThrow('is a symbolic link');
  });
});

test('gives any text as it is, in pieces of whole characters', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.nat(4), async (text, shift) => {
      // Characters of two to four bytes across the border of the chunks.
      const whole = `${'x'.repeat(256 * 1024 - shift)}${text}é€😀${text}`;
      writeFileSync(inFolder('a.csv'), `\ufeff${whole}`);
      const [file] = await listFiles(inFolder('a.csv'), 1);
      if (file === undefined) throw new Error('no file');
      const { pieces } = readFileText(file, 10_000_000, signal);
      let read = '';
      for await (const piece of pieces) {
        expect(piece.isWellFormed()).toBe(true);
        read += piece;
      }
      expect(read).toBe(whole);
    }),
    { numRuns: 30 },
  );
});

test('names the line of bytes that are not UTF-8, on either side of a chunk', async () => {
  for (const before of [10, 256 * 1024 - 5, 256 * 1024 - 1, 300_000]) {
    const text = Buffer.concat([Buffer.from(`${'x'.repeat(before - 4)}\n\n\n\n`), Buffer.from([0xe2, 0x82])]);
    for (const end of ['', 'x\n']) {
      writeFileSync(inFolder('a.csv'), Buffer.concat([text, Buffer.from(end)]));
      const [file] = await listFiles(inFolder('a.csv'), 1);
      if (file === undefined) throw new Error('no file');
      const { pieces } = readFileText(file, 10_000_000, signal);
      await expect(
        (async () => {
          for await (const _ of pieces);
        })(),
      ).rejects.toMatchObject({ line: 5, message: 'is not UTF-8' });
    }
  }
});
