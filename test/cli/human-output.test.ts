import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnsweringServer, startAnsweringServer } from './answering-server.ts';
import { rollout, runs, webId } from './bodies.ts';
import { documentedAnswer } from './documented-answers.ts';
import { runUbugi } from './run-ubugi.ts';

const policyFile = join(import.meta.dirname, '../../examples/demo/policy.yaml');
let server: AnsweringServer;

beforeAll(async () => {
  server = await startAnsweringServer(documentedAnswer);
});

afterAll(async () => {
  await server.close();
});

/** Each format for people, at 100 columns; `vitest -u` writes what it is now into `golden/`. */
describe('human output', () => {
  it.each([
    ['list', ['list']],
    ['list-wide', ['list', '--wide']],
    ['show', ['show', 'web-01']],
    ['show-held', ['show', 'web-03']],
    ['rollout-list', ['rollout', 'list']],
    ['rollout-show', ['rollout', 'show', rollout.id]],
    ['rollout-cancel', ['rollout', 'cancel', rollout.id]],
    ['rollout-resume', ['rollout', 'resume', rollout.id]],
    ['rollout-rollback', ['rollout', 'rollback', rollout.id]],
    ['diff', ['diff', 'web-01', '--from', '2', '--to', '3']],
    ['explain', ['explain', 'web-01']],
    ['history', ['history', 'web-01']],
    ['audit', ['audit', '--since', '2026-01-01']],
    ['sync', ['sync']],
    ['regenerate-drive', ['regenerate-drive', 'web-01']],
    ['try-policy', ['try-policy', policyFile]],
    ['runs', ['runs']],
    ['runs-one', ['runs', runs.succeeded.id]],
    ['hypervisors', ['hypervisors']],
    ['hypervisors-one', ['hypervisors', 'hv-01']],
    ['place', ['place', 'web-01', 'hv-02', '--minutes', '15', '--reason', 'a repair']],
    ['replay-boot', ['replay-boot', 'web-01']],
    ['replay-boot-dry-run', ['replay-boot', '--where', 'hypervisor=hv-01', '--dry-run']],
    ['replay-boot-wait', ['replay-boot', 'web-01', '--wait']],
    ['replay-boot-cancel', ['replay-boot', '--cancel', 'web-01']],
    ['show-replayed', ['show', webId]],
    ['import', ['import', policyFile, '--skip-conflicts']],
    ['token-list', ['token', 'list']],
    ['token-create', ['token', 'create', 'grafana', '--role', 'viewer']],
    ['token-create-join', ['token', 'create', 'hv-04', '--join', 'hv-04']],
  ])('%s', async (name, args) => {
    const { stdout, stderr, exitCode } = await runUbugi(args, {
      UBUGI_SOCKET: server.socket,
      COLUMNS: '100',
    });
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).not.toMatch(/ $/m);
    await expect(stdout).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});
