import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createValidators, type Validators } from '../../schemas/validation/validator.ts';
import { type AnsweringServer, startAnsweringServer } from './answering-server.ts';
import { dbSummary, rollout, rolloutInstances, runs, webId, webSummary } from './bodies.ts';
import { documentedAnswer } from './documented-answers.ts';
import { replays } from './replay-bodies.ts';
import { runUbugi } from './run-ubugi.ts';

const validators = createValidators();
const policyFile = join(import.meta.dirname, '../../examples/demo/policy.yaml');
let server: AnsweringServer;

beforeAll(async () => {
  server = await startAnsweringServer((request) => {
    if (request.url.includes('/v1/instances?project=paged')) {
      const second = request.url.includes('after=');
      return { json: { instances: [second ? dbSummary : webSummary], next: second ? null : webSummary.id } };
    }
    if (request.method === 'POST' && request.url === '/v1/regenerate') return { json: runs.failed };
    return documentedAnswer(request);
  });
});

afterAll(async () => {
  await server.close();
});

async function json(args: readonly string[], exitCode = 0): Promise<unknown> {
  const result = await runUbugi([...args, '--json'], { UBUGI_SOCKET: server.socket });
  expect(result.exitCode).toBe(exitCode);
  return JSON.parse(result.stdout);
}

describe('--json', () => {
  it.each<[Parameters<Validators['api']>[0], readonly string[]]>([
    ['instanceList', ['list']],
    ['instanceDetail', ['show', 'web-01']],
    ['generationDiff', ['diff', 'web-01']],
    ['explanation', ['explain', 'web-01', 'accounts']],
    ['timeline', ['history', 'web-01']],
    ['eventList', ['audit']],
    ['syncRun', ['sync']],
    ['syncRun', ['runs', runs.succeeded.id]],
    ['syncRunList', ['runs']],
    ['syncRun', ['try-policy', policyFile]],
    ['hypervisorList', ['hypervisors']],
    ['hypervisorDetail', ['hypervisors', 'hv-01']],
    ['placementGrant', ['place', 'web-01', 'hv-02']],
    ['tokenList', ['token', 'list']],
    ['rolloutList', ['rollout', 'list']],
    ['tokenCreated', ['token', 'create', 'grafana', '--role', 'viewer']],
    ['tokenCreated', ['token', 'create', 'hv-04', '--join', 'hv-04']],
    ['syncRun', ['rollout', 'rollback', rollout.id]],
    ['replayReport', ['replay-boot', 'web-01']],
    ['replayReport', ['replay-boot', '--where', 'hypervisor=hv-01', '--dry-run']],
    ['replayReport', ['replay-boot', '--cancel', 'web-01']],
    ['importReport', ['import', policyFile, '--skip-conflicts']],
  ])('gives a %s', async (definition, args) => {
    expect(validators.api(definition)(await json(args))).toMatchObject({ kind: 'valid' });
  });

  it.each([['show'], ['resume'], ['cancel']])('gives a rollout with its instances: %s', async (action) => {
    const answer = (await json(['rollout', action, rollout.id])) as { rollout: unknown; instances: unknown };
    expect(validators.api('rollout')(answer.rollout)).toMatchObject({ kind: 'valid' });
    expect(answer.instances).toEqual(rolloutInstances.instances);
  });

  it('gives the replays with how each ended', async () => {
    expect(await json(['replay-boot', 'web-01', '--wait'])).toEqual({
      ...replays.started,
      ends: [{ instance: webId, name: 'web-01', outcome: 'applied', endedAt: '2026-01-02T03:07:00Z' }],
    });
  });

  it('joins the pages of a list into one document', async () => {
    const list = await json(['list', '--where', 'project=paged']);
    expect(list).toEqual({ instances: [webSummary, dbSummary], next: null });
  });

  it('gives the problem of the server where there is no other document', async () => {
    const problem = await json(['show', 'web-99'], 3);
    expect(validators.api('problem')(problem)).toMatchObject({ kind: 'valid' });
    expect(problem).toMatchObject({ code: 'not-found', status: 404 });
  });

  it('gives a problem of its own kind where the server is not reached', async () => {
    const problem = await json(['list', '--socket', '/nonexistent/server.sock'], 9);
    expect(validators.api('problem')(problem)).toMatchObject({ kind: 'valid' });
    expect(problem).toMatchObject({ code: 'server-unreachable', status: 0 });
  });

  it('gives the run, and nothing more, where a run failed', async () => {
    expect(await json(['regenerate-drive', '--all'], 1)).toEqual(runs.failed);
  });
});
