import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  referenceFolder,
  referencePage,
  referencePages,
  renderPage,
} from '../../schemas/generate-reference.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { apiReferenceFile, renderApiReference } from '../../server/http/openapi/reference.ts';

const validators = createValidators();

describe.each(referencePages)('docs/reference/%s', (name) => {
  it('is what its schema says: run `npm run generate` if not', async () => {
    expect(await readFile(join(referenceFolder, name), 'utf8')).toBe(renderPage(name));
  });

  it('has an example that its schema accepts', () => {
    const { schema, example } = referencePage(name);
    const bySchema: Readonly<Record<string, (value: unknown) => { readonly kind: string }>> = {
      'server-configuration.json': validators.serverConfiguration,
      'hypervisor-configuration.json': validators.hypervisorConfiguration,
      'policy.json': validators.policy,
    };
    expect(bySchema[schema]?.(parse(example))).toMatchObject({ kind: 'valid' });
  });

  it('links to headings that are there', () => {
    const text = renderPage(name);
    const anchors = [...text.matchAll(/^## (.*)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll('.', '').replaceAll(' ', '-'),
    );
    const links = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) expect(anchors).toContain(link);
  });
});

it('docs/reference/http-api.md is what the route table says: run `npm run generate` if not', async () => {
  expect(await readFile(apiReferenceFile, 'utf8')).toBe(renderApiReference());
});
