import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type AnsweringServer, startAnsweringServer } from './answering-server.ts';
import { notFound, runs } from './bodies.ts';
import { runUbugi } from './run-ubugi.ts';

const token = `ubugi_${'t'.repeat(43)}`;
let server: AnsweringServer;
let answer: Answer | 'hang';

beforeEach(async () => {
  server = await startAnsweringServer(() => answer);
});

afterEach(async () => {
  await server.close();
});

async function ubugi(...args: readonly string[]): ReturnType<typeof runUbugi> {
  return await runUbugi(args, { UBUGI_SERVER: server.url, UBUGI_TOKEN: token });
}

describe('a run', () => {
  it('that failed exits with 1 and prints every problem', async () => {
    answer = { json: runs.failed };
    const { stdout, stderr, exitCode } = await ubugi('sync');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('sync failed');
    expect(stderr).toContain('the directory ldap did not answer within 3 s');
    expect(stderr).toContain('cmdb: instances.csv line 7, owner');
    expect(stderr).toContain('give a value that matches');
  });

  it('that the guard stopped exits with 6 and says how to go on', async () => {
    answer = { json: runs.stopped };
    expect(await ubugi('sync')).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('ubugi sync --override-guard REASON'),
    });
  });

  it('with quarantined records exits with 0 and warns with their number', async () => {
    answer = { json: runs.quarantined };
    const { stderr, exitCode } = await ubugi('sync');
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      'warning: 1 instance is quarantined and keeps its last good generation; 1 problem',
    );
    expect(stderr).toContain('cmdb: instances.csv line 7, owner');
  });
});

describe('an answer', () => {
  it.each([
    [404, 'not-found', 3],
    [401, 'unauthorized', 4],
    [403, 'forbidden', 4],
    [409, 'busy', 5],
    [409, 'guard-stopped', 6],
    [503, 'directory-unavailable', 9],
    [500, 'internal', 1],
  ])('%i %s exits with %i and gives the detail', async (status, code, expected) => {
    answer = { status, json: { ...notFound, status, code, detail: 'what failed, and what to do' } };
    expect(await ubugi('list')).toMatchObject({
      exitCode: expected,
      stdout: '',
      stderr: 'error: what failed, and what to do\n',
    });
  });

  it('that lists problems has them all printed', async () => {
    const problems = ['a', 'b'].map((field) => ({
      source: 'request',
      record: 'body',
      field,
      message: 'is wrong',
      remedy: 'correct it',
    }));
    answer = { status: 400, json: { ...notFound, status: 400, code: 'request-invalid', problems } };
    const { stderr, exitCode } = await ubugi('sync');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('request: body, a\n    is wrong — correct it\n  request: body, b\n');
  });

  it.each<[string, Answer, number, RegExp]>([
    ['a proxy’s page', { status: 502, bytes: Buffer.from('<html>') }, 9, /answered 502 without saying why/],
    [
      'no JSON',
      { bytes: Buffer.from('hello'), headers: { 'content-type': 'text/plain' } },
      1,
      /it is no JSON/,
    ],
    [
      'broken JSON',
      { bytes: Buffer.from('{"instances":'), headers: { 'content-type': 'application/json' } },
      1,
      /no valid JSON/,
    ],
    ['another API', { json: { items: [] } }, 1, /it lacks `instances`/],
    [
      'a code of the future',
      { status: 409, json: { ...notFound, code: 'new-code' } },
      5,
      /no instance web-99/,
    ],
  ])('that is %s is said to be so', async (_, given, expected, message) => {
    answer = given;
    expect(await ubugi('list')).toMatchObject({ exitCode: expected, stderr: expect.stringMatching(message) });
  });

  it('that redirects is not followed, so that the token stays here', async () => {
    answer = { status: 302, headers: { location: `${server.url}/elsewhere` } };
    expect(await ubugi('list')).toMatchObject({
      exitCode: 9,
      stderr: expect.stringContaining('not followed'),
    });
    expect(server.seen).toHaveLength(1);
  });

  it('that never comes ends at the deadline', async () => {
    answer = 'hang';
    expect(await ubugi('list', '--timeout', '1')).toMatchObject({
      exitCode: 9,
      stderr: expect.stringContaining('did not answer GET /v1/instances?limit=1000 within 1 s'),
    });
  });
});

describe('a server that is not there', () => {
  it('is named with what to do', async () => {
    const { url } = server;
    await server.close();
    const result = await runUbugi(['list'], { UBUGI_SERVER: url, UBUGI_TOKEN: token });
    expect(result).toMatchObject({ exitCode: 9, stdout: '' });
    expect(result.stderr).toContain(`cannot reach the server at ${url}: nothing listens there`);
    server = await startAnsweringServer(() => answer);
  });

  it('behind the local socket says how to start one', async () => {
    const result = await runUbugi(['list', '--socket', '/nonexistent/server.sock']);
    expect(result).toMatchObject({
      exitCode: 9,
      stderr: expect.stringContaining('ubugi serve --config FILE'),
    });
  });

  it('speaking HTTP where TLS is wanted is said to do so', async () => {
    const result = await runUbugi(['list', '--server', server.url.replace('http:', 'https:')], {
      UBUGI_TOKEN: token,
    });
    expect(result).toMatchObject({ exitCode: 9, stderr: expect.stringContaining('does not speak TLS') });
  });
});

describe('the token', () => {
  it('is in no output, whatever fails', async () => {
    answer = {
      status: 401,
      json: { ...notFound, status: 401, code: 'unauthorized', detail: 'unknown token' },
    };
    for (const args of [['list'], ['list', '--json'], ['list', '--server', 'ftp://x']]) {
      const { stdout, stderr } = await ubugi(...args);
      expect(stdout + stderr).not.toContain(token);
    }
  });
});

describe('a wrong command line', () => {
  it.each<readonly string[]>([
    [],
    ['nope'],
    ['list', '--nope'],
    ['list', '--where', 'colour=red'],
    ['show'],
    ['show', '../tokens'],
    ['explain', 'web-01', 'shoes'],
    ['drive', 'web-01'],
    ['diff', 'web-01', '--from', '0'],
    ['regenerate-drive'],
    ['regenerate-drive', 'web-01', '--all'],
    ['token', 'create', 'x', '--role', 'god'],
    ['token', 'create', 'x', '--role', 'hypervisor'],
    ['token', 'create', 'x'],
    ['token', 'create', 'x', '--join', 'hv-01', '--role', 'viewer'],
    ['token', 'create', 'x', '--join', 'hv-01', '--expires', '1d'],
    ['token', 'create', 'x', '--join', 'hv-01', '--minutes', '0'],
    ['token', 'create', 'x', '--role', 'viewer', '--minutes', '5'],
    ['drive', 'web-01', '--out', '/nonexistent/x', '--format', 'vmdk'],
    ['hypervisors', '../tokens'],
    ['place', 'web-01'],
    ['place', 'web-01', 'hv 02'],
    ['place', 'web-01', 'hv-02', '--minutes', '61'],
    ['rollout'],
    ['rollout', 'show', 'web-01'],
    ['rollout', 'resume', '../tokens'],
    ['replay-boot'],
    ['replay-boot', 'web-01', '--where', 'site=tokyo-1'],
    ['replay-boot', 'web-01', '--generation', '0'],
    ['replay-boot', 'web-01', '--hours', '0'],
    ['replay-boot', '--cancel'],
    ['replay-boot', '--cancel', 'web-01', '--dry-run'],
    ['replay-boot', '--cancel', '--where', 'site=tokyo-1'],
    ['export'],
    ['import'],
    ['import', import.meta.filename, '--map', '/nonexistent/map.yaml'],
    ['import', import.meta.filename, '--trusted-signers', '/nonexistent/signers'],
    ['list', '--token', token],
    ['list', '--server', 'http://ubugi.example'],
  ])('%j %j %j exits with 2 and asks nothing', async (...args) => {
    const { exitCode, stdout, stderr } = await ubugi(...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
    expect(server.seen).toEqual([]);
  });
});
