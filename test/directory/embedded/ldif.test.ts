import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LdifError, parseLdif } from '../../../server/directory/embedded/ldif.ts';

function parse(text: string) {
  return parseLdif(Buffer.from(text, 'utf8')).map(({ dn, line, attributes }) => ({
    dn,
    line,
    attributes: Object.fromEntries([...attributes].map(([name, { values }]) => [name, values.map(String)])),
  }));
}

test('reads records with comments, folds, base64 and CRLF', () => {
  const text = [
    'version: 1',
    '# a comment',
    '  that is folded',
    'dn: uid=alice,',
    ' dc=x',
    'CN:: ' + Buffer.from('Älice').toString('base64'),
    'cn:Other',
    'description:   two   blanks',
    'gecos:',
    '',
    '',
    '# between',
    'dn:: ' + Buffer.from('uid=böb,dc=x').toString('base64'),
    'uid: bob',
  ].join('\r\n');
  expect(parse(text)).toEqual([
    {
      dn: 'uid=alice,dc=x',
      line: 4,
      attributes: { cn: ['Älice', 'Other'], description: ['two   blanks'], gecos: [''] },
    },
    { dn: 'uid=böb,dc=x', line: 13, attributes: { uid: ['bob'] } },
  ]);
});

test('an empty file has no records', () => {
  expect(parse('')).toEqual([]);
  expect(parse('\n\n# nothing\n')).toEqual([]);
});

describe('refuses, naming the line', () => {
  test.each([
    ['uid: a\n', 1, 'does not begin with `dn:`'],
    [' folded\n', 1, 'continues nothing'],
    ['dn: a=b\nuid: x\ndn: c=d\n', 3, 'second `dn:`'],
    ['dn: a=b\n\n', 1, 'no attributes'],
    ['dn: a=b\nno colon here\n', 2, 'does not begin with an attribute'],
    ['dn: a=b\nüid: x\n', 2, 'does not begin with an attribute'],
    ['dn: a=b\njpegPhoto:< file:///etc/shadow\n', 2, 'by URL'],
    ['dn: a=b\nuid:: a*b\n', 2, 'not base64'],
    ['dn: a=b\nchangetype: delete\n', 2, 'record of changes'],
    ['version: 2\n', 1, 'another version'],
    ['dn:\nuid: x\n', 1, 'the dn is empty'],
  ])('%j', (text, line, why) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ name: 'LdifError', line, message: expect.stringContaining(why) }),
    );
  });
});

test('gives back any bytes, however they are written and folded', () => {
  const value = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 20 }),
      (values, width) => {
        const lines = values.map((bytes) => `x:: ${Buffer.from(bytes).toString('base64')}`);
        const folded = lines.map((line) => line.replace(new RegExp(`(.{${width + 1}})(?=.)`, 'g'), '$1\n '));
        const [record] = parseLdif(Buffer.from(`dn: a=b\n${folded.join('\n')}\n`));
        expect(record?.attributes.get('x')?.values.map((bytes) => [...bytes])).toEqual(
          values.map((bytes) => [...bytes]),
        );
      },
    ),
  );
});

/** Whether the bytes give records, or an error with a line and a message that is safe to show. */
function isProper(bytes: Buffer): boolean {
  try {
    return parseLdif(bytes).every(({ attributes }) => attributes.size > 0);
  } catch (error) {
    return error instanceof LdifError && error.line > 0 && /^[ -~]+$/.test(error.message);
  }
}

test('any bytes are records or an error with a line', () => {
  const piece = fc.oneof(
    fc
      .constantFrom(
        'dn: a=b\n',
        'uid: x\n',
        'uid:: eA==\n',
        '\n',
        ' ',
        ':',
        '#',
        '\r\n',
        'version: 1\n',
        ':<',
      )
      .map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      expect(isProper(Buffer.concat(pieces))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
