import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnsweringServer, startAnsweringServer } from '../answering-server.ts';
import { rollout, rolloutInstances, webId } from '../bodies.ts';
import { documentedAnswer } from '../documented-answers.ts';
import { replayedDetail, replays } from '../replay-bodies.ts';
import { runUbugi } from '../run-ubugi.ts';

let server: AnsweringServer;

beforeEach(async () => {
  server = await startAnsweringServer(documentedAnswer);
});

afterEach(async () => {
  await server.close();
});

async function ubugi(...args: readonly string[]): ReturnType<typeof runUbugi> {
  return await runUbugi(args, { UBUGI_SOCKET: server.socket });
}

describe('what is asked', () => {
  it('names hosts, grants and who joins as the API does', async () => {
    await ubugi('hypervisors');
    await ubugi('hypervisors', 'hv-01');
    await ubugi('place', 'web-01', 'hv-02', '--minutes', '60', '--reason', 'a repair');
    await ubugi('place', 'web-01', 'hv-02');
    await ubugi('token', 'create', 'hv-04', '--join', 'hv-04', '--minutes', '5');
    expect(server.seen.map(({ method, url, body }) => [`${method} ${url}`, body])).toEqual([
      ['GET /v1/hypervisors', undefined],
      ['GET /v1/hypervisors/hv-01', undefined],
      ['POST /v1/instances/web-01/placements', { host: 'hv-02', minutes: 60, reason: 'a repair' }],
      ['POST /v1/instances/web-01/placements', { host: 'hv-02', minutes: 15 }],
      [
        'POST /v1/tokens',
        {
          name: 'hv-04',
          role: 'join',
          hypervisor: 'hv-04',
          expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        },
      ],
    ]);
  });

  it('names rollouts and says why', async () => {
    const id = rollout.id;
    await ubugi('rollout', 'list', '--limit', '500');
    await ubugi('rollout', 'show', id, '--json');
    await ubugi('rollout', 'resume', id.toUpperCase(), '--reason', 'one bad disk');
    await ubugi('rollout', 'cancel', id);
    await ubugi('rollout', 'rollback', id, '--reason', 'chrony does not start');
    expect(server.seen.map(({ method, url, body }) => [`${method} ${url}`, body])).toEqual([
      ['GET /v1/rollouts?limit=100', undefined],
      [`GET /v1/rollouts/${id}`, undefined],
      [`GET /v1/rollouts/${id}/instances?limit=1000`, undefined],
      [`POST /v1/rollouts/${id}/resume`, { reason: 'one bad disk' }],
      [`GET /v1/rollouts/${id}/instances?state=failed&limit=100`, undefined],
      [`POST /v1/rollouts/${id}/cancel`, {}],
      [`GET /v1/rollouts/${id}/instances?state=failed&limit=100`, undefined],
      [`POST /v1/rollouts/${id}/rollback`, { reason: 'chrony does not start' }],
    ]);
  });

  it('sends what to replay, and takes replays back one by one', async () => {
    await ubugi('replay-boot', 'web-01', 'db-01', '--generation', '2', '--hours', '48', '--reason', 'lost');
    await ubugi('replay-boot', '--where', 'hypervisor=hv-07', '--where', 'site=tokyo-1', '--dry-run');
    await ubugi('replay-boot', '--cancel', 'web-01', 'db-01');
    await ubugi('replay-boot', 'web-01', '--wait');
    expect(server.seen.map(({ method, url, body }) => [`${method} ${url}`, body])).toEqual([
      ['POST /v1/replay-boot', { instances: ['web-01', 'db-01'], generation: 2, hours: 48, reason: 'lost' }],
      ['POST /v1/replay-boot', { where: { hypervisor: 'hv-07', site: 'tokyo-1' }, dryRun: true }],
      ['DELETE /v1/instances/web-01/replay-boot', undefined],
      ['DELETE /v1/instances/db-01/replay-boot', undefined],
      ['POST /v1/replay-boot', { instances: ['web-01'] }],
      [`GET /v1/instances/${webId}`, undefined],
    ]);
  });
});

describe('replay-boot', () => {
  it('exits with 5 where one is refused, or ended before its guest applied it, and shows which', async () => {
    let ended: object | undefined;
    const other = await startAnsweringServer(({ method }) =>
      method === 'POST' ? { json: ended === undefined ? replays.refused : replays.started } : { json: ended },
    );
    try {
      const ask = async (...args: readonly string[]) =>
        await runUbugi(['replay-boot', 'web-01', ...args], { UBUGI_SOCKET: other.socket });
      const refused = await ask();
      expect([refused.exitCode, refused.stderr]).toEqual([
        5,
        expect.stringContaining('1 of 2 could not be replayed'),
      ]);
      expect(refused.stdout).toContain('not replayed: it has no generation: sync first');
      ended = { ...replayedDetail, replay: { ...replayedDetail.replay, outcome: 'expired' } };
      const expired = await ask('--wait');
      expect([expired.exitCode, expired.stderr]).toEqual([
        5,
        expect.stringContaining('1 of 1 replays ended before their guests had applied them'),
      ]);
      expect(expired.stdout).toContain('generation 1 expired at');
    } finally {
      await other.close();
    }
  });
});

describe('rollout show --wait', () => {
  it.each([
    [{ ...rollout, state: 'halted' }, 1, 'has halted: 1 machine of the canary failed'],
    [{ ...rollout, state: 'finished', halt: null, counts: { ...rollout.counts, failed: 0 } }, 0, ''],
  ] as const)('ends with the rollout %#', async (end, status, message) => {
    let asked = 0;
    const other = await startAnsweringServer(({ url }) => {
      if (url.includes('/instances')) return { json: rolloutInstances };
      asked += 1;
      return { json: asked < 2 ? { ...rollout, state: 'running', halt: null } : end };
    });
    try {
      const show = ['rollout', 'show', rollout.id, '--wait', '--json'];
      const { stdout, stderr, exitCode } = await runUbugi(show, { UBUGI_SOCKET: other.socket });
      expect([exitCode, JSON.parse(stdout)]).toEqual([
        status,
        { rollout: end, instances: rolloutInstances.instances },
      ]);
      expect(stderr).toContain(message);
    } finally {
      await other.close();
    }
  });
});
