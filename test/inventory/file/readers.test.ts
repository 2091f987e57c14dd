import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { judgeRecords } from '../../../server/inventory/checks/judge-records.ts';
import { readCsvRecords } from '../../../server/inventory/file/csv-records.ts';
import { readJsonRecords } from '../../../server/inventory/file/json-records.ts';
import { mapRecord } from '../../../server/inventory/file/mapped-record.ts';
import {
  defaultReadingLimits,
  type RawRecord,
  type RecordReader,
  UnreadableFile,
} from '../../../server/inventory/file/raw-record.ts';
import { readYamlRecords } from '../../../server/inventory/file/yaml-records.ts';
import { hostileValues } from '../../harness/hostile-values.ts';

const validators = createValidators();
const limits = defaultReadingLimits;

/** JSON values whose keys and numbers are such as JSON.parse keeps, without `-0`, which YAML and JSON write alike. */
const json = fc
  .jsonValue({ maxDepth: 4 })
  .filter((value) => !JSON.stringify(value).includes('__proto__'))
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** All records of a text that comes in pieces of this size. */
async function recordsOf(read: RecordReader, text: string, pieceSize = 7): Promise<readonly RawRecord[]> {
  async function* pieces(): AsyncGenerator<string> {
    for (let start = 0; start < text.length; start += pieceSize) yield text.slice(start, start + pieceSize);
  }
  const records: RawRecord[] = [];
  for await (const batch of read(pieces(), limits)) records.push(...batch);
  return records;
}

test('reads JSON as JSON.parse does, with any white space and in any pieces', async () => {
  const indents = fc.constantFrom('', ' ', '\t', '\r\n  ');
  await fc.assert(
    fc.asyncProperty(fc.array(json), indents, fc.integer({ min: 1, max: 50 }), async (list, indent, size) => {
      const text = JSON.stringify(list, undefined, indent);
      const expected = JSON.parse(text) as readonly unknown[];
      for (const whole of [text, `{"instances":${text}}`, ` { "instances" : ${text} } \n`]) {
        const records = await recordsOf(readJsonRecords, whole, size);
        expect(records.map(({ value }) => value)).toEqual(expected);
      }
    }),
  );
});

test('says on which line each record of a JSON list starts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(json), fc.integer({ min: 1, max: 50 }), async (list, size) => {
      const texts = list.map((value) => JSON.stringify(value, undefined, 1));
      const records = await recordsOf(readJsonRecords, `[\n${texts.join(',\n')}]`, size);
      let line = 2;
      for (const [index, text] of texts.entries()) {
        expect(records[index]?.line).toBe(line);
        line += text.split('\n').length;
      }
    }),
  );
});

test('accepts no JSON that JSON.parse refuses', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '"a"',
      '"\\u00e9"',
      '1',
      '-0.5e3',
      '01',
      'true',
      'null',
      ' ',
      '\\',
      '"',
    ),
    fc.string({ maxLength: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (pieces) => {
      const text = `[${pieces.join('')}]`;
      const records = await recordsOrNone(recordsOf(readJsonRecords, text, 3));
      const expected = records === undefined ? undefined : (JSON.parse(text) as unknown);
      expect(records?.map(({ value }) => value)).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});

test('reads YAML as its reader does, where records are plain', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(json), async (list) => {
      const text = JSON.stringify(list);
      const records = await recordsOrNone(recordsOf(readYamlRecords, text));
      // JSON may hold characters that YAML does not allow.
      fc.pre(records?.every(({ problems }) => problems.length === 0) === true);
      expect(records?.map(({ value }) => value)).toEqual(parseYaml(text));
    }),
  );
});

/** What a reader gives; undefined where it says that the file is not one. */
async function recordsOrNone(
  reading: Promise<readonly RawRecord[]>,
): Promise<readonly RawRecord[] | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof UnreadableFile && error.line !== undefined && error.line > 0) return undefined;
    throw error;
  }
}

const cell = fc.oneof(
  fc.constantFrom('web-01', 'debian', '52:54:00:00:00:01', '192.0.2.10/24', ...Object.values(hostileValues)),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const columns = [
  'id',
  'name',
  'hostname',
  'osFamily',
  'tags',
  'owner',
  'interface',
  'mac',
  'addresses',
  'gateway4',
];

test('whatever stands in CSV cells, what is accepted has one line and is valid', async () => {
  const quoted = cell.map((text) => `"${text.replaceAll('"', '""')}"`);
  const row = fc.tuple(
    ...columns
      .slice(1)
      .map((column) =>
        column === 'osFamily'
          ? fc.constant('debian')
          : column === 'mac'
            ? fc.constant('52:54:00:00:00:01')
            : quoted,
      ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 5 }), fc.integer({ min: 1, max: 99 }), async (rows, size) => {
      const lines = rows.map((cells, index) =>
        [`5f2b6a1e-0c7d-4f6a-9a53-00000000000${index}`, ...cells].join(','),
      );
      const records = await recordsOf(readCsvRecords, [columns.join(','), ...lines].join('\n'), size);
      const mapped = records.map((record) => mapRecord(record, 'a.csv', limits));
      const { entries, quarantined } = judgeRecords(mapped, validators, 'cmdb');
      expect(entries.length + quarantined.length).toBe(rows.length);
      for (const { record, locator } of entries) {
        expect(validators.instanceRecord(record).kind).toBe('valid');
        expect(JSON.stringify(record)).not.toMatch(/\\[nrt"]|\\u00|[\u202e\u200b\0]/);
        expect(locator).not.toMatch(/[\p{C}]/u);
      }
      for (const { problems } of quarantined) {
        for (const problem of problems) expect(Object.values(problem).join('')).not.toMatch(/[\p{C}]/u);
      }
    }),
    { numRuns: 500 },
  );
});

test('any text is CSV with records or an error with a line', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
      const reading = recordsOf(readCsvRecords, `id,name,osFamily\n${text}`, 5);
      expect((await recordsOrNone(reading)) ?? []).toEqual(expect.any(Array));
    }),
    { numRuns: 1000 },
  );
});

test('gives every CSV row its line, in any pieces, whatever its cells hold', async () => {
  const cells = fc.stringMatching(/^[a",\n\r ]{0,6}$/);
  await fc.assert(
    fc.asyncProperty(fc.array(cells), fc.integer({ min: 1, max: 20 }), async (names, size) => {
      let text = 'id,name,osFamily\n';
      const lines: number[] = [];
      for (const [index, name] of names.entries()) {
        lines.push(text.split('\n').length);
        text += `${index},"${name.replaceAll('"', '""')}",x\n`;
      }
      const records = await recordsOf(readCsvRecords, text, size);
      expect(records.map(({ line }) => line)).toEqual(lines);
      const read = records.map(({ value }) => (value as { readonly name?: string }).name ?? '');
      expect(read).toEqual(names);
    }),
    { numRuns: 500 },
  );
});
