import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generateReference, referencePages } from '../../schemas/generate-reference.ts';

test.each(referencePages)('docs/reference/$page is what $schema gives', (page) => {
  const committed = readFileSync(new URL(`../../docs/reference/${page.page}`, import.meta.url), 'utf8');
  expect(committed, 'run `npm run generate`').toBe(generateReference(page));
});
