import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generateTypes, schemaFiles } from '../../schemas/generate.ts';

test.each(schemaFiles())('the types of %s are those that its schema gives', async (file) => {
  const committed = readFileSync(
    new URL(`../../schemas/types/${file.replace(/\.json$/, '.ts')}`, import.meta.url),
    'utf8',
  );
  expect(committed, 'run `npm run generate`').toBe(await generateTypes(file));
});

test.each(schemaFiles())('%s has a versioned $id of its own name', (file) => {
  const schema = JSON.parse(readFileSync(new URL(`../../schemas/v1/${file}`, import.meta.url), 'utf8')) as {
    $id: string;
  };
  expect(schema.$id).toBe(`https://ubugi.dev/schemas/v1/${file}`);
});
