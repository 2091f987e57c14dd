import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Explanation, InstanceDetail } from '../../schemas/types/api.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { type ApiServer, startApiServer } from './api-server.ts';

const validators = createValidators();
let server: ApiServer;
let token: string;

beforeEach(async () => {
  const guests = [{ name: 'appliances', match: { name: ['web-01'] }, guest: 'cloud-config' as const }];
  server = await startApiServer(undefined, { policy: { guests } });
  token = await server.token('viewer', 'monitoring');
});
afterEach(() => server.close());

async function show(path: string): Promise<InstanceDetail> {
  return (await server.send('GET', `/v1/instances/${path}`, { token })).json as InstanceDetail;
}

it('shows what a guest that only cloud-init dresses does not get, and nothing for others', async () => {
  const detail = await show('web-01');
  expect(validators.api('instanceDetail')(structuredClone(detail))).toMatchObject({ kind: 'valid' });
  expect(detail.inexpressible).toContainEqual({
    subject: 'group web-admins',
    reason: 'cannot be given the number 30001: the guest chooses one',
  });
  expect(detail.inexpressible?.map(({ subject }) => subject)).toContain('revocation');
  expect(await show('web-02')).not.toHaveProperty('inexpressible');
});

it('explains it, beside where the delivery comes from', async () => {
  const { json } = await server.send('GET', '/v1/instances/web-01/explain?section=guest', { token });
  expect(validators.api('explanation')(structuredClone(json))).toMatchObject({ kind: 'valid' });
  const { lines, inexpressible } = json as Explanation;
  expect(lines).toMatchObject([
    { subject: 'delivery', value: 'cloud-config', sources: [{ kind: 'policy', record: 'appliances' }] },
  ]);
  expect(inexpressible?.length).toBeGreaterThan(5);
});
