import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EventList, Explanation, Timeline } from '../../schemas/types/api.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { type ApiServer, startApiServer, web01, web02 } from './api-server.ts';

let server: ApiServer;
let token: string;
const created = { ...web01, creator: 'claire', createdAt: '2026-01-01T00:00:00Z' };

beforeEach(async () => {
  server = await startApiServer([created, web02]);
  token = await server.token('operator', 'ops');
});
afterEach(async () => {
  await server.close();
});

/** Makes a generation. */
async function change(owner: string, more: object = {}): Promise<void> {
  server.advance(60);
  server.records = [{ ...created, owner }, web02];
  const body = { instances: ['web-01'], reason: `to ${owner}`, ...more };
  expect((await server.send('POST', '/v1/regenerate', { token, body })).status).toBe(200);
}

async function explain(query = ''): Promise<ReadonlyMap<string, Explanation['lines'][number]>> {
  const { json } = await server.send('GET', `/v1/instances/web-01/explain${query}`, { token });
  expect(createValidators().api('explanation')(json)).toMatchObject({ kind: 'valid' });
  return new Map((json as Explanation).lines.map((line) => [`${line.section} ${line.subject}`, line]));
}

it('each line tells since which generation it says what it says, made when, by whom and why', async () => {
  await change('shop');
  await change('shop', { force: true });
  await change('shop', { force: true });
  const lines = await explain();
  expect(lines.get('instance owner')).toMatchObject({
    value: 'shop',
    since: { generation: 2, at: '2026-01-02T03:05:05.000Z', actor: 'token:ops', reason: 'to shop' },
  });
  expect(lines.get('instance name')?.since).toEqual({
    generation: 1,
    at: '2026-01-02T03:04:05.000Z',
    actor: 'test',
    reason: 'sync',
  });
  expect([...lines.values()].filter(({ since }) => since.generation !== 1)).toHaveLength(1);
});

it('a value that comes back counts from its return', async () => {
  for (const owner of ['shop', 'web-team', 'web-team', 'shop']) await change(owner);
  expect((await explain()).get('instance owner')?.since.generation).toBe(4);
  expect((await explain('?generation=3')).get('instance owner')?.since.generation).toBe(3);
  expect((await explain('?generation=1')).get('instance owner')?.since.generation).toBe(1);
  expect((await explain('?section=accounts')).size).toBeGreaterThan(0);
});

it('is found over many generations', async () => {
  for (let generation = 2; generation <= 40; generation += 1) await change(`team-${generation}`);
  const lines = await explain();
  expect(lines.get('instance owner')?.since.generation).toBe(40);
  expect(lines.get('instance name')?.since.generation).toBe(1);
});

it('a record that is not used is told of, with what is wrong', async () => {
  server.records = [{ ...created, name: '-' }, web02];
  await server.send('POST', '/v1/sync', { token });
  const { json } = await server.send('GET', `/v1/instances/${created.id}/explain?section=accounts`, {
    token,
  });
  expect(json).toMatchObject({ generation: 1, quarantine: [{ field: 'name' }] });
});

it('the timeline tells who created the instance', async () => {
  const { json } = await server.send('GET', '/v1/instances/web-01/timeline', { token });
  expect((json as Timeline).creation).toEqual({
    by: 'claire',
    at: '2026-01-01T00:00:00Z',
    source: { inventory: 'cmdb', record: 'instances.csv (web-01)' },
    firstSeenAt: '2026-01-02T03:04:05.000Z',
  });
  const other = await server.send('GET', '/v1/instances/web-02/timeline', { token });
  expect((other.json as Timeline).creation).toMatchObject({ by: null, at: null });
});

it('events are found by action, actor and end', async () => {
  await change('shop');
  await change('web-team');
  const found = async (query: string): Promise<readonly (number | string)[]> => {
    const { json } = await server.send('GET', `/v1/audit?${query}`, { token });
    return (json as EventList).events.map(({ action, actor }) => `${action} ${actor}`);
  };
  expect(await found('action=generation-created&instance=web-01')).toEqual([
    'generation-created test',
    'generation-created token:ops',
    'generation-created token:ops',
  ]);
  expect(await found('action=generation-created&actor=token:ops&until=2026-01-02T03:06:05Z')).toEqual([
    'generation-created token:ops',
  ]);
  expect(await found('actor=nobody')).toEqual([]);
});
