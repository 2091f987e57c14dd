import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { referenceFile, renderReference } from '../../server/cli/reference.ts';

it('docs/reference/cli.md is what the program says: run `npm run generate` if not', async () => {
  expect(await readFile(referenceFile, 'utf8')).toBe(renderReference());
});
