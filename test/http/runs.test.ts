import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SyncRun, SyncRunList } from '../../schemas/types/api.ts';
import { type ApiServer, startApiServer, web01, web02 } from './api-server.ts';

let server: ApiServer;
let token: string;
const respondAsync = { Prefer: 'respond-async' };

beforeEach(async () => {
  server = await startApiServer();
  token = await server.token('operator', 'ops');
});
afterEach(async () => {
  await server.close();
});

/** Holds every reading of the CMDB until it is called. */
function holdReading(): () => void {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  server.meanwhile = () => held;
  return () => {
    server.meanwhile = () => Promise.resolve();
    release();
  };
}

async function ended(path: string): Promise<SyncRun> {
  return await vi.waitFor(async () => {
    const run = (await server.send('GET', path, { token })).json as SyncRun;
    expect(run.state).not.toBe('running');
    return run;
  });
}

describe('a run for one who prefers to be answered at once', () => {
  it.each([
    ['/v1/sync', {}],
    ['/v1/sync', { dryRun: true }],
    ['/v1/regenerate', { all: true, reason: 'new keys' }],
    [`/v1/instances/${web01.id}/regenerate`, { force: true }],
  ])('%s %o is under way, can be watched and is found when it has ended', async (path, body) => {
    const release = holdReading();
    const started = await server.send('POST', path, { token, body, headers: respondAsync });
    const run = started.json as SyncRun;
    const location = `/v1/sync/runs/${run.id}`;
    expect(started.status).toBe(202);
    expect(started.headers.get('location')).toBe(location);
    expect(started.headers.get('preference-applied')).toBe('respond-async');
    expect(run).toMatchObject({ state: 'running', actor: 'token:ops', finishedAt: null });

    const watched = await server.send('GET', location, { token });
    expect(watched.json).toMatchObject({ state: 'running', progress: { phase: 'fetching' } });

    release();
    const run2 = await ended(location);
    expect(run2).toMatchObject({ id: run.id, state: 'succeeded', counts: run2.counts });
    expect(run2).not.toHaveProperty('progress');
    expect(run2.finishedAt).not.toBeNull();
  });

  it('fails while another is under way, as it does for one who waits', async () => {
    const release = holdReading();
    const first = await server.send('POST', '/v1/sync', { token, headers: respondAsync });
    expect(first.status).toBe(202);
    for (const headers of [respondAsync, {}]) {
      const second = await server.send('POST', '/v1/sync', { token, headers });
      expect([second.status, second.json]).toMatchObject([409, { code: 'busy' }]);
    }
    release();
    await ended(first.headers.get('location') ?? '');
  });

  it('that fails says so where it is watched', async () => {
    server.meanwhile = () => Promise.reject(new Error('a fault of the adapter'));
    const started = await server.send('POST', '/v1/sync', { token, headers: respondAsync });
    expect(started.status).toBe(202);
    expect(await ended(started.headers.get('location') ?? '')).toMatchObject({ state: 'failed' });
  });

  it.each([
    ['respond-async, wait=10', 202],
    ['return=minimal, RESPOND-ASYNC', 202],
    ['respond-async; foo="some, value"', 202],
    ['wait=10', 200],
    ['not-respond-async', 200],
    ['return="respond-async"', 200],
    ['', 200],
  ])('Prefer: %s gives %i', async (prefer, status) => {
    const reply = await server.send('POST', '/v1/sync', {
      token,
      body: { dryRun: true },
      headers: { Prefer: prefer },
    });
    expect(reply.status).toBe(status);
    if (status === 202) await ended(reply.headers.get('location') ?? '');
    else expect(reply.headers.get('location')).toBeNull();
  });
});

describe('a policy trial', () => {
  const files = [{ name: 'policy.yaml', content: 'access: []\n' }];

  it('is a run that changes nothing and is in no list', async () => {
    const before = (await server.send('GET', '/v1/sync/runs', { token })).json as SyncRunList;
    const reply = await server.send('POST', '/v1/policy/trial', { token, body: { files } });
    expect(reply.json).toMatchObject({
      kind: 'policy-trial',
      state: 'succeeded',
      dryRun: true,
      counts: { instances: 2, unchanged: 2 },
    });
    expect((await server.send('GET', '/v1/sync/runs', { token })).json).toEqual(before);
    const started = await server.send('POST', '/v1/policy/trial', {
      token,
      body: { files },
      headers: respondAsync,
    });
    expect(await ended(started.headers.get('location') ?? '')).toMatchObject({ kind: 'policy-trial' });
  });

  it('is for operators', async () => {
    const viewer = await server.token('viewer', 'eve');
    const reply = await server.send('POST', '/v1/policy/trial', { token: viewer, body: { files } });
    expect(reply.status).toBe(403);
  });

  it('takes a policy of some megabytes, and no more than it says', async () => {
    const content = `# ${'x'.repeat(3 * 2 ** 20)}\naccess: []\n`;
    const large = { files: [{ name: 'large.yaml', content }] };
    expect((await server.send('POST', '/v1/policy/trial', { token, body: large })).status).toBe(200);
    const raw = ' '.repeat(16 * 2 ** 20 + 1);
    expect((await server.send('POST', '/v1/policy/trial', { token, raw })).status).toBe(413);
  });
});

describe('what is changed', () => {
  it('is left out for who only watches', async () => {
    server.records = [web01, web02].map((record) => ({ ...record, owner: 'shop-team' }));
    const { id, outcomes } = (await server.send('POST', '/v1/sync', { token })).json as SyncRun;
    expect(outcomes).toHaveLength(2);
    const watched = await server.send('GET', `/v1/sync/runs/${id}?outcomes=false`, { token });
    expect(watched.json).toMatchObject({ state: 'succeeded', outcomes: [], counts: { changed: 2 } });
    const { runs } = (await server.send('GET', '/v1/sync/runs?outcomes=false', { token }))
      .json as SyncRunList;
    expect(runs.map(({ outcomes: told }) => told)).toEqual([[], []]);
    const whole = await server.send('GET', `/v1/sync/runs/${id}`, { token });
    expect(whole.json).toMatchObject({ outcomes });
  });

  it('is told over all instances', async () => {
    server.records = [web01, web02].map((record) => ({ ...record, owner: 'shop-team' }));
    const { json } = await server.send('POST', '/v1/sync', { token });
    expect((json as SyncRun).effects).toEqual([
      {
        action: 'change',
        section: 'instance',
        subject: 'owner',
        instances: 2,
        examples: ['web-01', 'web-02'],
      },
    ]);
  });
});
