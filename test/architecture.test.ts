import { globSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const parts = ['server', 'guest-agent', 'hypervisor-hook', 'schemas'] as const;

/** Parts that a part may import; itself and packages aside, only schemas/. */
const allowed: Readonly<Record<(typeof parts)[number], readonly string[]>> = {
  server: ['server', 'schemas'],
  'guest-agent': ['guest-agent', 'schemas'],
  'hypervisor-hook': ['hypervisor-hook', 'schemas'],
  schemas: ['schemas'],
};

describe.each(parts)('%s/', (part) => {
  const files = globSync(`${part}/**/*.ts`, { cwd: root });

  test('imports schemas/ and itself only', () => {
    const strangers = files.flatMap((file) =>
      relativeImports(file)
        .map((target) => relative(root, resolve(root, dirname(file), target)))
        // Its version is what the programs say of themselves.
        .filter(
          (target) => target !== 'package.json' && !allowed[part].includes(target.split('/', 1)[0] ?? ''),
        )
        .map((target) => `${file} imports ${target}`),
    );
    expect(strangers).toEqual([]);
  });

  test('keeps a file to one concept: at most 300 lines', () => {
    const long = files.filter(
      (file) =>
        !file.startsWith('schemas/types/') &&
        readFileSync(resolve(root, file), 'utf8').split('\n').length > 301,
    );
    expect(long).toEqual([]);
  });
});

function relativeImports(file: string): readonly string[] {
  const source = readFileSync(resolve(root, file), 'utf8');
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map((match) => match[1] ?? '');
}
