import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { readCsvRecords } from '../../../server/inventory/file/csv-records.ts';
import { readJsonRecords } from '../../../server/inventory/file/json-records.ts';
import { judgeRecords } from '../../../server/inventory/file/quarantine.ts';
import {
  defaultReadingLimits,
  type RawRecord,
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

test('reads JSON as JSON.parse does, with any white space', () => {
  fc.assert(
    fc.property(fc.array(json), fc.constantFrom('', ' ', '\t', '\r\n  '), (list, indent) => {
      const text = JSON.stringify(list, undefined, indent);
      const records = readJsonRecords(text, limits);
      expect(records.map(({ value }) => value)).toEqual(JSON.parse(text));
    }),
  );
});

test('accepts no JSON that JSON.parse refuses', () => {
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
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = `[${pieces.join('')}]`;
      const records = recordsOrNone(() => readJsonRecords(text, limits));
      // A raw control character is the record's problem here, not the file's.
      const clean = records?.every(({ problems }) => problems.length === 0) === true;
      const values = clean ? records?.map(({ value }) => value) : undefined;
      expect(values).toEqual(clean ? JSON.parse(text) : undefined);
    }),
    { numRuns: 2000 },
  );
});

test('reads YAML as its reader does, where records are plain', () => {
  fc.assert(
    fc.property(fc.array(json), (list) => {
      const text = JSON.stringify(list);
      const records = readYamlRecords(text, limits);
      fc.pre(records.every(({ problems }) => problems.length === 0));
      expect(records.map(({ value }) => value)).toEqual(parseYaml(text));
    }),
  );
});

/** What a reader gives; undefined where it says that the file is not one, on some line. */
function recordsOrNone(read: () => readonly RawRecord[]): readonly RawRecord[] | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableFile && error.line > 0) return undefined;
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

test('whatever stands in CSV cells, what is accepted has one line and is valid', () => {
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
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
      const lines = rows.map((cells, index) =>
        [`5f2b6a1e-0c7d-4f6a-9a53-00000000000${index}`, ...cells].join(','),
      );
      const records = readCsvRecords([columns.join(','), ...lines].join('\n'), limits);
      const { entries, quarantined } = judgeRecords(records, validators, {
        inventory: 'cmdb',
        file: 'a.csv',
      });
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

test('any text is CSV with records or an error with a line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const records = recordsOrNone(() => readCsvRecords(`id,name,osFamily\n${text}`, limits));
      expect(records ?? []).toEqual(expect.any(Array));
    }),
    { numRuns: 1000 },
  );
});
