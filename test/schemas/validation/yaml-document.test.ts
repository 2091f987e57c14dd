import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createValidators, type Validator } from '../../../schemas/validation/validator.ts';
import { formatFileProblem, readYamlDocument } from '../../../schemas/validation/yaml-document.ts';

const anything: Validator<unknown> = (value) => ({ kind: 'valid', value });
const validators = createValidators();

function valueOf(text: string): unknown {
  const reading = readYamlDocument(text, 'a.yaml', anything);
  if (reading.kind === 'invalid') throw new Error(reading.problems.map(formatFileProblem).join('\n'));
  return reading.value;
}

function problemsOf(text: string, validator: Validator<unknown> = anything): readonly string[] {
  const reading = readYamlDocument(text, 'a.yaml', validator);
  return reading.kind === 'valid' ? [] : reading.problems.map(formatFileProblem);
}

describe('values', () => {
  it('reads the YAML 1.2 core schema, not that of 1.1', () => {
    expect(valueOf('a: no\nb: 010\nc: 0o10\nd: 12:30:45\ne: ~\nf: true\ng: 1.5\n')).toEqual({
      a: 'no',
      b: 10,
      c: 8,
      d: '12:30:45',
      e: null,
      f: true,
      g: 1.5,
    });
  });

  it('copies what an alias stands for', () => {
    const value = valueOf('a: &x { k: [1] }\nb: *x\nc: &x 2\nd: *x\n') as Record<string, unknown>;
    expect(value).toEqual({ a: { k: [1] }, b: { k: [1] }, c: 2, d: 2 });
    expect(value['a']).not.toBe(value['b']);
  });

  it('reads whatever JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__') && exact(value));
        expect(valueOf(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('lineOf', () => {
  const text = 'a:\n  b:\n    - x\n    - c: 1\n      "d/e~": 2\nf: &t\n  g: 1\nh: *t\n';
  const reading = readYamlDocument(text, 'a.yaml', anything);
  if (reading.kind === 'invalid') throw new Error('not reached');

  it.each([
    ['', 1],
    ['/a', 1],
    ['/a/b', 2],
    ['/a/b/0', 3],
    ['/a/b/1/c', 4],
    ['/a/b/1/d~1e~0', 5],
    ['/h/g', 7],
    ['/a/b/1/absent/more', 4],
    ['/a/b/9', 2],
    ['/nowhere', 1],
  ])('%s stands in line %i', (pointer, line) => {
    expect(reading.lineOf(pointer)).toBe(line);
  });
});

describe('problems', () => {
  it('names all at once, each with file, line, pointer and remedy', () => {
    const text = [
      'access:',
      '  - name: ops',
      '    groups: [Ops!]',
      '  - name: none',
      'sites:',
      '  tokyo-1:',
      '    dsn: {}',
      '  tokyo-1: {}',
      'sudo: 7',
    ].join('\n');
    const problems = problemsOf(text, validators.policy);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^a\.yaml:3: \/access\/0\/groups\/0 has characters .*; give a value that matches/,
        ),
        expect.stringMatching(
          /^a\.yaml:4: \/access\/1 has none of the fields `groups` and `accounts`; add one of them$/,
        ),
        'a.yaml:7: /sites/tokyo-1/dsn is not a known field; remove it or correct its name',
        'a.yaml:8: /sites/tokyo-1 stands twice in the same mapping; keep one of the two',
        'a.yaml:9: /sudo has the wrong type; give an array',
      ]),
    );
  });

  it.each([
    ['a: [1\nb: 2', /^a\.yaml:2: the file is not YAML/],
    ['a: 1\n---\nb: 1', /^a\.yaml:2: the file starts a second document/],
    ['%YAML 1.1\n---\na: no', /^a\.yaml:1: the file is a YAML directive/],
    ['a: !!js/function x', /^a\.yaml:1: the file is not YAML: Unresolved tag/],
    ['a: 1\nb: *none', /^a\.yaml:2: \/b is an alias of nothing before it/],
    ['__proto__: { admin: true }', /^a\.yaml:1: \/__proto__ is not allowed as a key/],
    ['a: 1\n1: 2', /^a\.yaml:2: the file has a key that is not text; quote the key/],
    ['? [a]\n: 1', /has a key that is not text/],
    ['a: 9007199254740993', /^a\.yaml:1: \/a is too large to be kept exactly/],
    ['a: .inf', /\/a is not a finite number/],
    ['a: 1\nb: "\0"', /^a\.yaml:2: the file has the character U\+0000/],
    ['a: \uD800', /U\+D800/],
    ['a: &a [*a]', /^a\.yaml:1: .*makes the file more than 32 levels deep/],
    ['- '.repeat(40), /nested more than 32 levels/],
    ['['.repeat(100_000), /nested more than 32 levels/],
    ['{a: '.repeat(100_000), /nested more than 32 levels/],
    ['x'.repeat(5_000_000), /longer than 4194304 characters/],
  ])('refuses text %#', (text, message) => {
    expect(problemsOf(text)[0]).toMatch(message);
  });

  it('bounds an anchor bomb', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i += 1) {
      bomb.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
    }
    expect(problemsOf(bomb.join('\n'))).toEqual([expect.stringContaining('more than 200000 values')]);
  });

  it('stops counting at some point', () => {
    const problems = problemsOf(Array.from({ length: 5000 }, (_, i) => `${i}: 1`).join('\n'));
    expect(problems).toHaveLength(201);
    expect(problems.at(-1)).toContain('4800 more problems');
  });
});

describe('any text', () => {
  const hostile = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        '\n',
        '  ',
        '- ',
        '? ',
        ': ',
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '!!',
        '|',
        '>',
        '"',
        "'",
        '%',
        '---',
        '<<',
      ),
    ),
    { maxLength: 60 },
  );

  it('gives a value or problems at lines of it, never an exception', () => {
    fc.assert(
      fc.property(hostile, (parts) => {
        const text = parts.join('');
        const reading = readYamlDocument(text, 'a.yaml', validators.policy);
        const last = text.split(/\r\n|\r|\n/).length;
        const lines =
          reading.kind === 'valid' ? [reading.lineOf('')] : reading.problems.map((problem) => problem.line);
        expect(lines).not.toHaveLength(0);
        expect(lines.filter((line) => line < 1 || line > last)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

/** Whether JSON gives a value that YAML may refuse, such as an integer beyond 2^53 or a lone surrogate. */
function exact(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.every(exact);
  if (value !== null && typeof value === 'object') return Object.values(value).every(exact);
  return true;
}
