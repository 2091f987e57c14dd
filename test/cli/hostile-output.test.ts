import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { type AnsweringServer, startAnsweringServer } from './answering-server.ts';
import { rollout } from './bodies.ts';
import { documentedAnswer } from './documented-answers.ts';
import { runUbugi } from './run-ubugi.ts';

/** Clears the screen, sets the title, reorders, hides, forges a line and a prompt. */
const hostile = 'x\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egnp\u200b\r\nroot# ';
const disturbing = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
let server: AnsweringServer;

/** The value with every text made hostile, but for those whose values the schema lists. */
function poisoned(value: unknown, key = ''): unknown {
  const listed = [
    'outcome',
    'origin',
    'action',
    'resource',
    'section',
    'state',
    'kind',
    'role',
    'schema',
    'code',
  ];
  if (typeof value === 'string') return listed.includes(key) ? value : value + hostile;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, poisoned(inner, name)]));
}

beforeAll(async () => {
  server = await startAnsweringServer((request) => {
    // What is asked about again is asked by the name that it was given.
    const url = request.url.replaceAll(encodeURIComponent(hostile), '');
    const answer = documentedAnswer({ ...request, url });
    return answer.json === undefined ? answer : { ...answer, json: poisoned(answer.json) };
  });
});

afterAll(async () => {
  await server.close();
});

describe.each<readonly string[]>([
  ['list', '--wide'],
  ['show', 'web-01'],
  ['show', 'web-99'],
  ['diff', 'web-01'],
  ['explain', 'web-01'],
  ['history', 'web-01'],
  ['audit'],
  ['sync'],
  ['regenerate-drive', 'web-01'],
  ['token', 'list'],
  ['token', 'create', 'x', '--role', 'viewer'],
  ['token', 'create', 'x', '--join', 'hv-04'],
  ['hypervisors'],
  ['hypervisors', 'hv-01'],
  ['place', 'web-01', 'hv-02'],
  ['rollout', 'list'],
  ['rollout', 'show', rollout.id],
  ['rollout', 'resume', rollout.id],
  ['rollout', 'rollback', rollout.id],
  ['replay-boot', 'web-01'],
  ['replay-boot', 'web-01', '--wait'],
  ['replay-boot', '--cancel', 'web-01'],
  ['import', import.meta.filename],
])('ubugi %s %s', (...args) => {
  it.each([[[]], [['--json']]])(
    'lets nothing through to the terminal %j',
    async (more: readonly string[]) => {
      const { stdout, stderr } = await runUbugi([...args, ...more], {
        UBUGI_SOCKET: server.socket,
        COLUMNS: '90',
      });
      expect(stdout + stderr).toMatch(more.length > 0 ? /\\u001b/ : /\\x1b/);
      expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(disturbing);
    },
  );
});

describe('a body of the wrong shape', () => {
  it('fails as an error that names the server, not with a stack', async () => {
    const broken: Partial<AgentReport> = { outcome: 'applied' };
    const other = await startAnsweringServer(() => ({
      json: { summary: null, record: [], source: 1, firstSeenAt: {}, lastReport: broken },
    }));
    try {
      const { stderr, exitCode } = await runUbugi(['show', 'web-01'], { UBUGI_SOCKET: other.socket });
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/^error: cannot show the answer of the server at .*\n$/);
      expect(stderr).not.toContain('    at ');
    } finally {
      await other.close();
    }
  });
});
