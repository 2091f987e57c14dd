import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { queueReport } from '../../../guest-agent/agent/report/outbox/outbox.ts';
import { sendReports } from '../../../guest-agent/agent/report/outbox/send-reports.ts';
import { createNodeSystem } from '../../../guest-agent/agent/system/node-system.ts';
import type { System, ToolResult, ToolRun } from '../../../guest-agent/agent/system/system.ts';

const instance = '7f1b0a52-6f0a-4a43-9a3c-0d2d4c9d1e01';
const token = `ubugi-report.1.${'a'.repeat(43)}`;

/** A server that answers when a test says so, on a clock that only it moves. */
describe('how long sending may take', () => {
  let root: string;
  let now: number;
  let tries: { readonly timeoutMs: number; readonly request: string }[];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ubugi-sending-'));
    for (const folder of ['run', 'var/lib/ubugi', 'usr/bin']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    writeFileSync(join(root, 'usr/bin/curl'), '');
    chmodSync(join(root, 'usr/bin/curl'), 0o755);
    const url = 'https://ubugi.example/v1/reports';
    writeFileSync(
      join(root, 'var/lib/ubugi/report-token.json'),
      JSON.stringify({ instance, generation: 1, url, firstToken: token, token }),
    );
    now = Date.UTC(2026, 0, 2);
    tries = [];
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** @param takesMs how long the server takes to accept a report; it is given up like by curl. */
  function system(takesMs: number): System {
    const run = ({ timeoutMs }: ToolRun): ToolResult => {
      const request = readFileSync(join(root, 'run/ubugi/send/request'), 'utf8');
      tries.push({ timeoutMs, request });
      now += Math.min(takesMs, timeoutMs);
      if (takesMs > timeoutMs) return { status: 137, output: '', timedOut: true };
      const nextToken = token.replace('aaa', `${tries.length}aa`);
      writeFileSync(join(root, 'run/ubugi/send/answer'), JSON.stringify({ nextToken }));
      return { status: 0, output: '\nstatus 200\n', timedOut: false };
    };
    const real = createNodeSystem({
      root,
      now: () => now,
      processes: { run: (list) => list.map(run), endSessions: () => undefined },
    });
    return { ...real, clock: { now: () => now, monotonic: () => now } };
  }
  function queue(count: number): void {
    for (let report = 0; report < count; report++) {
      const text = JSON.stringify({ report });
      queueReport(text, { instance, generation: 1, passing: false }, system(0));
    }
    now += 60_000;
  }
  function send(takesMs: number) {
    const begin = now;
    const sending = sendReports({ dueOnly: true, withinMs: 5000 }, system(takesMs));
    return { ...sending, tookMs: now - begin };
  }

  test('a server that hangs is given up in time, and asked once', () => {
    queue(3);
    expect(send(Number.POSITIVE_INFINITY)).toMatchObject({
      accepted: 0,
      waiting: 3,
      problem: 'no answer within 5 s',
      tookMs: 5500,
    });
    expect(tries).toMatchObject([
      { request: expect.stringContaining('connect-timeout = 3\nmax-time = 5\n') },
    ]);
  });

  test('a slow one gets what it can take in that time', () => {
    queue(3);
    expect(send(2900)).toMatchObject({ accepted: 1, waiting: 2, tookMs: 5500 });
    expect(tries.map(({ timeoutMs }) => timeoutMs)).toEqual([5500, 2600]);
  });

  test('what is left of it is not begun with where it is too short for a try', () => {
    queue(4);
    expect(send(1600)).toMatchObject({ accepted: 2, waiting: 2, tookMs: 3200 });
    expect(tries).toHaveLength(2);
  });

  test('a quick one gets all', () => {
    queue(4);
    expect(send(10)).toEqual({ accepted: 4, waiting: 0, tookMs: 40 });
  });
});
