import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { EscapeKind } from '../../../server/domain/template/escape.ts';
import { createTemplateCompiler, type Rendered } from '../../../server/domain/template/template.ts';
import {
  sampleVariables,
  type TemplateVariables,
} from '../../../server/domain/template/template-variables.ts';
import { hostileValues } from '../../harness/hostile-values.ts';

const compile = createTemplateCompiler();
const sample = sampleVariables();

function problemOf(content: string, escape: EscapeKind = 'none'): string | undefined {
  const compiled = compile(content, escape);
  return compiled.kind === 'refused' ? compiled.problem.message : undefined;
}

function render(content: string, escape: EscapeKind, owner: string): Rendered {
  const compiled = compile(content, escape);
  if (compiled.kind === 'refused') throw new Error(compiled.problem.message);
  return compiled.template.render({ ...sample, instance: { ...sample.instance, owner } });
}

describe('a template is refused when it is read', () => {
  test.each([
    ['{{ instance.nmae }}', 'names `instance.nmae` (line 1 of the content), which no guest has'],
    [
      'ok\n{% if false %}{{ secrets }}{% endif %}',
      'names `secrets` (line 2 of the content), which no guest has',
    ],
    ['{% for i in interfaces %}{{ i.macc }}{% endfor %}', '`i.macc` (line 1 of the content) is not there'],
    [
      '{{ instance.constructor }}',
      'names `instance.constructor` (line 1 of the content), which no guest has',
    ],
    ['{{ dns.__proto__ }}', 'names `dns.__proto__` (line 1 of the content), which no guest has'],
    [
      '{{ hostname | upcsae }}',
      '`{{ hostname | upcsae }}` (line 1 of the content): undefined filter: upcsae',
    ],
    ['{{ hostname | raw }}', '`{{ hostname | raw }}` (line 1 of the content): undefined filter: raw'],
    [
      '{{ "now" | date: "%s" }}',
      '`{{ "now" | date: "%s" }}` (line 1 of the content): undefined filter: date',
    ],
    [
      '{% include "/etc/shadow" %}',
      '`{% include "/etc/shadow" %}` (line 1 of the content): tag "include" not found',
    ],
    ['{% render "x" %}', '`{% render "x" %}` (line 1 of the content): tag "render" not found'],
    ['{% layout "x" %}', '`{% layout "x" %}` (line 1 of the content): tag "layout" not found'],
    ['{% if hostname %}', '`{% if hostname %}` (line 1 of the content): tag {% if hostname %} not closed'],
    ['{{ dns.servers }}', '`{{ dns.servers }}` (line 1 of the content) is a list or a mapping'],
    ['{{ instance }}', '`{{ instance }}` (line 1 of the content) is a list or a mapping'],
  ])('%s', (content, message) => {
    expect(problemOf(content)).toBe(message);
  });

  test('where its form is not the one that it escapes for', () => {
    expect(problemOf('{ "a": "{{ hostname }}" }', 'json')).toBe('gives something that is not JSON');
    expect(problemOf('a: "{{ hostname }}"', 'yaml')).toBe('gives something that is not YAML');
  });

  test.each([
    '{% for i in (1..100000000) %}x{% endfor %}',
    '{% assign x = "aaaaaaaaaaaaaaaa" %}{% for i in (1..99) %}{% assign x = x | append: x %}{% endfor %}',
    '{% for i in (1..9000) %}{% for j in (1..9000) %}{% endfor %}{% endfor %}',
    '{% for i in (1..9000) %}0123456789012345678901234567890123456789{% endfor %}',
  ])('where it would take too much: %s', (content) => {
    expect(problemOf(content)).toMatch(/limit exceeded|more than 262144 characters/);
  });

  test('where it is too long', () => {
    expect(problemOf('x'.repeat(262_145))).toBe('cannot be filled in: parse length limit exceeded');
  });

  test('where it is nested too deeply', () => {
    const depth = 10_000;
    const content = `${'{% if hostname %}'.repeat(depth)}x${'{% endif %}'.repeat(depth)}`;
    expect(() => problemOf(content.slice(0, 262_144))).not.toThrow();
  });
});

test('what a guest lacks is refused by place, unless the template asks for it', () => {
  const bare: TemplateVariables = {
    ...sample,
    instance: { id: sample.instance.id, name: 'a', osFamily: 'other' },
  };
  const strict = compile('#!/bin/sh\n{{ instance.owner }}', 'shell');
  expect(strict.kind === 'compiled' && strict.template.render(bare)).toMatchObject({
    kind: 'refused',
    problem: { message: '`instance.owner` (line 2 of the content) is not there' },
  });
  const careful = compile(
    '{% if instance.owner %}{{ instance.owner }}{% endif %}{{ instance.site | default: "-" }}',
    'none',
  );
  expect(careful.kind === 'compiled' && careful.template.render(bare)).toEqual({
    kind: 'rendered',
    text: '-',
  });
});

test.each(Object.entries(hostileValues).filter(([, value]) => /[\p{Cc}\p{Cf}]/u.test(value)))(
  'a value with a %s is refused by place, whatever the escaping, and is not repeated',
  (_, value) => {
    for (const [content, escape] of [
      ['{{ instance.owner }}', 'none'],
      ['{{ instance.owner }}', 'shell'],
      ['[{{ instance.owner }}]', 'json'],
      ['{{ instance.owner | downcase | append: "x" }}', 'yaml'],
      ['{% capture x %}{{ instance.owner }}{% endcapture %}{{ x }}', 'none'],
    ] as const) {
      const rendered = render(content, escape, value);
      expect(rendered).toMatchObject({ kind: 'refused', problem: { message: /instance\.owner/ } });
      expect(JSON.stringify(rendered)).not.toContain(JSON.stringify(value).slice(1, -1));
    }
  },
);

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom(...Object.values(hostileValues)),
);

describe('no value says more than itself', () => {
  /** What a rendering gives, or `otherwise` where the value is refused. */
  const read = <T>(
    content: string,
    escape: EscapeKind,
    value: string,
    of: (text: string) => T,
    otherwise: T,
  ): T => {
    const rendered = render(content, escape, value);
    return rendered.kind === 'rendered' ? of(rendered.text) : otherwise;
  };

  test('in plain files: it adds no line', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        const lines = (text: string) => text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);
        const expected = ['a', value, 'b'];
        expect(read('a\n{{ instance.owner }}\nb', 'none', value, lines, expected)).toEqual(expected);
      }),
    );
  });

  test('in JSON and YAML: what is read back is the value', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        const object = { a: value, b: [value] };
        const json = '{"a": {{ instance.owner }}, "b": [{{ instance.owner }}]}';
        expect(read<unknown>(json, 'json', value, JSON.parse, object)).toEqual(object);
        const yaml = 'a: {{ instance.owner }}\nb: [{{ instance.owner }}]\n';
        expect(read<unknown>(yaml, 'yaml', value, (text) => parse(text), object)).toEqual(object);
        const quoted = "a: '{{ instance.owner }}'\nb: 1\n";
        const keys = (text: string) => Object.keys(parse(text) as object);
        expect(read(quoted, 'yaml', value, keys, ['a', 'b'])).toEqual(['a', 'b']);
      }),
    );
  });

  test('in scripts: the shell sees one word, in bare places, double quotes and here-documents', () => {
    const values = fc
      .sample(anyText, 200)
      .concat('a b', 'a;b', 'a&b', '*', '~', '#x', '(x)', '$(id)', '`id`', "a'b", '-rf', '');
    const script: string[] = [];
    const expected: string[] = [];
    for (const value of values) {
      const rendered = render('{{ instance.owner }}', 'shell', value);
      if (rendered.kind === 'refused') continue;
      script.push(`set -- ${rendered.text}; printf '%s:%s\\n' "$#" "$1"`);
      script.push(`set -- "${rendered.text}"; printf '%s\\n' "$#"`);
      script.push(`cat <<END\n${rendered.text}\nEND`);
      expected.push(`1:${value}`, '1', rendered.text);
    }
    expect(expected.length).toBeGreaterThan(30);
    const output = execFileSync('/bin/sh', ['-s'], {
      input: script.join('\n'),
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(output).toBe(`${expected.join('\n')}\n`);
  });

  test('in scripts: what a command would take for an option is refused', () => {
    expect(render('{{ instance.owner }}', 'shell', '-rf')).toMatchObject({ kind: 'refused' });
  });
});

test('a template that counts is pure: it gives the same again', () => {
  const compiled = compile(
    '{% assign n = 0 %}{% for s in dns.servers %}{% assign n = n | plus: 1 %}{% endfor %}{{ n }}',
    'none',
  );
  if (compiled.kind === 'refused') throw new Error(compiled.problem.message);
  expect([compiled.template.render(sample), compiled.template.render(sample)]).toEqual([
    { kind: 'rendered', text: '8' },
    { kind: 'rendered', text: '8' },
  ]);
});
