import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  countUndelivered,
  dropReports,
  isGivenUp,
  nextTry,
  noteTry,
  queueReport,
  readOutbox,
  type WaitingReport,
} from '../../../guest-agent/agent/report/outbox/outbox.ts';
import { createNodeSystem } from '../../../guest-agent/agent/system/node-system.ts';

const minute = 60_000;
const start = Date.UTC(2026, 0, 2);
const instance = '7f1b0a52-6f0a-4a43-9a3c-0d2d4c9d1e01';

function report(change: Partial<WaitingReport> = {}): WaitingReport {
  return { path: '/x', queuedAt: start, generation: 1, tries: 0, triedAt: 0, ...change };
}

describe('when to try', () => {
  const next = (reports: readonly WaitingReport[], now = start): number | undefined =>
    nextTry({ instance, reports }, now);

  test('nothing waits: never; something new: five seconds later', () => {
    expect(next([])).toBeUndefined();
    expect(next([report()])).toBe(start + 5000);
  });

  test('then after 1, 2, 4 … 60 minutes, and a little more that is this instance’s own', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 30].map(
      (tries) => ((next([report({ tries, triedAt: start })]) ?? 0) - start) / minute,
    );
    [1, 2, 4, 8, 16, 32, 60, 60, 60].forEach((least, at) => {
      expect(waits[at]).toBeGreaterThanOrEqual(least);
      expect(waits[at]).toBeLessThanOrEqual(least * 1.25);
    });
    const others = Array.from({ length: 50 }, (_, index) =>
      nextTry({ instance: `${instance}${index}`, reports: [report({ tries: 7, triedAt: start })] }, start),
    );
    expect(new Set(others).size).toBeGreaterThan(40);
  });

  test('a newer report does not make it impatient', () => {
    const waiting = [report({ tries: 5, triedAt: start }), report({ queuedAt: start + minute })];
    expect(next(waiting, start + minute)).toBeGreaterThan(start + 15 * minute);
  });

  test('a clock that was set back does not put it off for longer', () => {
    const future = start + 1000 * minute;
    expect(next([report({ queuedAt: future })], start)).toBe(start + minute + 5000);
    expect(next([report({ tries: 9, triedAt: future })], start)).toBeLessThanOrEqual(start + 75 * minute);
  });

  test('given up after a day or fifty tries, but each is tried once', () => {
    const late = start + 24 * 60 * minute + 1;
    expect(isGivenUp(report(), late)).toBe(false);
    expect(isGivenUp(report({ tries: 1 }), late)).toBe(true);
    expect(isGivenUp(report({ tries: 1 }), late - 2)).toBe(false);
    expect(isGivenUp(report({ tries: 50 }), start)).toBe(true);
  });
});

describe('what waits', () => {
  let root: string;
  let now = start;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ubugi-outbox-'));
    for (const folder of ['run', 'var/lib/ubugi']) mkdirSync(join(root, folder), { recursive: true });
    now = start;
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const system = () => createNodeSystem({ root, now: () => now });
  const queue = (passing = false): void => queueReport('{}', { instance, generation: 3, passing }, system());
  const files = (folder: string): readonly string[] => readdirSync(join(root, folder));

  test('is in order, also of the same moment, and is found again', () => {
    queue();
    queue();
    now += 10;
    queue(true);
    expect(files('var/lib/ubugi/outbox')).toEqual([`${start}-3-0-0.json`, `${start + 1}-3-0-0.json`]);
    const { reports } = readOutbox(instance, system());
    expect(reports.map(({ queuedAt }) => queuedAt - start)).toEqual([0, 1, 10]);
    expect(readOutbox(undefined, system()).reports).toEqual([]);
  });

  test('of runs that changed nothing only the last, unless it was tried already', () => {
    queue(true);
    now += 1;
    queue(true);
    expect(files('run/ubugi/outbox')).toEqual([`${start + 1}-3-0-0.json`]);
    const [passing] = readOutbox(instance, system()).reports;
    if (passing === undefined) throw new Error('none');
    noteTry(passing, '{}', system());
    expect(files('run/ubugi/outbox')).toEqual([]);
    now += 1;
    queue(true);
    expect(readOutbox(instance, system()).reports.map(({ tries }) => tries)).toEqual([1, 0]);
  });

  test('is the newest twenty; how many went is counted', () => {
    for (let count = 0; count < 25; count++) {
      now += 1;
      queue();
    }
    const { reports } = readOutbox(instance, system());
    expect(reports.map(({ queuedAt }) => queuedAt - start)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 6),
    );
    expect(countUndelivered(system())).toBe(5);
    dropReports(reports.slice(0, 2), system());
    expect(countUndelivered(system())).toBe(7);
  });

  test('other files are left alone', () => {
    mkdirSync(join(root, 'var/lib/ubugi/outbox/1-2-3-4.json.d'), { recursive: true });
    queue();
    expect(readOutbox(instance, system()).reports).toHaveLength(1);
  });
});
