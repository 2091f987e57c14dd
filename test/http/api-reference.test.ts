import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { apiReferenceFile, renderApiReference } from '../../server/http/openapi/reference.ts';

it('docs/reference/http-api.md is what the route table says: run `npm run generate` if not', async () => {
  expect(await readFile(apiReferenceFile, 'utf8')).toBe(renderApiReference());
});
