import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firstMoment, nextRepair } from '../../../guest-agent/agent/schedule/moments.ts';
import { calendar } from '../../../guest-agent/agent/schedule/systemd-timer.ts';
import { arrangeWake } from '../../../guest-agent/agent/schedule/wake.ts';
import { createNodeSystem } from '../../../guest-agent/agent/system/node-system.ts';
import type { System } from '../../../guest-agent/agent/system/system.ts';
import { exampleGuest } from '../example-guest.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const at = (seconds: number): number => NOW / 1000 + seconds;

describe('moments', () => {
  const guest = exampleGuest({ repairMinutes: 30 });

  test('repairs lie on a grid of the instance: the same when asked again, half an hour apart', () => {
    const first = nextRepair(guest, NOW) ?? 0;
    expect(first).toBeGreaterThan(NOW);
    expect(first).toBeLessThanOrEqual(NOW + 1_800_000);
    expect(nextRepair(guest, first - 1)).toBe(first);
    expect(nextRepair(guest, first)).toBe(first + 1_800_000);
    const other = { ...guest, instance: { ...guest.instance, id: '7f1b0a52-6f0a-4a43-9a3c-0d2d4c9d1e02' } };
    expect(nextRepair(other, NOW)).not.toBe(first);
  });

  test('nothing is repaired where policy does not ask for it', () => {
    expect(nextRepair(exampleGuest(), NOW)).toBeUndefined();
  });

  test('the first one counts, in whole seconds and never too soon for the run that asks', () => {
    expect(firstMoment([undefined, NOW + 90_001, NOW + 60_500], NOW)).toBe(at(61));
    expect(firstMoment([NOW - 1, NOW + 60_000], NOW)).toBe(at(5));
    expect(firstMoment([undefined], NOW)).toBeUndefined();
  });

  test('systemd reads the moment as it is meant', async () => {
    const given = calendar(Date.UTC(2126, 0, 2, 3, 4, 5) / 1000);
    const { stdout } = await execa('systemd-analyze', ['calendar', given]);
    expect(stdout).toContain('Normalized form: 2126-01-02 03:04:05 UTC\n');
  });
});

let root: string;
let started: string[][];
let status: number;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ubugi-wake-'));
  started = [];
  status = 0;
  put('/run/ubugi/lock');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function system(): System {
  return createNodeSystem({
    root,
    now: () => NOW,
    processes: {
      run(tools) {
        started.push(...tools.map(({ argv }) => [...argv]));
        return tools.map(() => ({ status, output: 'what it said\n', timedOut: false }));
      },
      endSessions: () => undefined,
    },
  });
}

describe('with systemd', () => {
  beforeEach(() => {
    for (const name of ['systemctl', 'systemd-run']) put(`/usr/bin/${name}`);
    put('/run/systemd/system/x');
  });

  test('a transient timer starts the launcher', () => {
    put('/usr/lib/ubugi/ubugi-launcher');
    expect(arrangeWake(at(60), system())).toBeUndefined();
    expect(started).toEqual([
      expect.arrayContaining([
        '/usr/bin/systemd-run',
        '--no-block',
        `--unit=ubugi-wake-${at(60)}`,
        '--on-calendar=2026-01-02 03:05:05 UTC',
        '--timer-property=AccuracySec=1s',
      ]),
    ]);
    expect(started[0]?.slice(-5)).toEqual([
      '/usr/lib/ubugi/ubugi-launcher',
      '--wait',
      '0',
      '--trigger',
      'timer',
    ]);
  });

  test('or the agent itself, where the image has no launcher', () => {
    arrangeWake(at(60), system());
    expect(started[0]?.slice(-4)).toEqual(['/run/ubugi/agent/ubugi-agent', 'apply', '--trigger', 'timer']);
  });

  test('one that is set already is left alone; others go, but for those that have elapsed', () => {
    for (const moment of [at(-60), at(60), at(90)]) put(`/run/systemd/transient/ubugi-wake-${moment}.timer`);
    put('/run/systemd/transient/session-1.scope');
    arrangeWake(at(60), system());
    expect(started).toEqual([['/usr/bin/systemctl', '--no-block', 'stop', `ubugi-wake-${at(90)}.timer`]]);
    started = [];
    arrangeWake(undefined, system());
    expect(started).toEqual([
      [
        '/usr/bin/systemctl',
        '--no-block',
        'stop',
        `ubugi-wake-${at(60)}.timer`,
        `ubugi-wake-${at(90)}.timer`,
      ],
    ]);
  });

  test('nothing is started where nothing is due', () => {
    arrangeWake(undefined, system());
    expect(started).toEqual([]);
  });

  test('what systemd refuses is said', () => {
    status = 1;
    expect(arrangeWake(at(60), system())).toBe(
      '/usr/bin/systemd-run (for 2026-01-02T03:05:05.000Z): status 1; what it said',
    );
  });
});

describe.each(['dash', 'busybox'])('without systemd, in %s', (shell) => {
  const sh = shell === 'busybox' ? ['busybox', 'sh'] : [shell];
  const sleepers = new Set<number>();

  afterEach(() => {
    for (const pid of sleepers) if (isAlive(pid)) process.kill(pid);
    sleepers.clear();
  });

  /** Runs what the agent would, in a root that is a folder: its `/proc` is this machine's as far as a test needs it. */
  function real(now: number): System {
    return createNodeSystem({
      root,
      now: () => now,
      processes: {
        run: (tools) =>
          tools.map(({ argv: [, ...rest] }) => {
            const moved = rest.map((part) => part.replaceAll('/run/ubugi/', `${root}/run/ubugi/`));
            const [program = '', ...front] = sh;
            const { exitCode = -1, all } = execaSync(program, [...front, ...moved], {
              all: true,
              reject: false,
            });
            const { pid } = record();
            sleepers.add(pid);
            put(`/proc/${pid}/cmdline`, readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
            return { status: exitCode, output: all, timedOut: false };
          }),
        endSessions: () => undefined,
      },
    });
  }
  const record = (): { readonly moment: number; readonly pid: number } => {
    const [moment = 0, pid = 0] = readFileSync(join(root, 'run/ubugi/wake'), 'utf8').split(' ').map(Number);
    return { moment, pid };
  };
  const isAlive = (pid: number): boolean => {
    try {
      // A process that has ended and that nobody has waited for is not alive.
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  };

  test('a process in the background becomes the command when its moment has come', async () => {
    put('/run/ubugi/agent/ubugi-agent');
    execaSync('chmod', ['0755', join(root, 'run/ubugi/agent/ubugi-agent')]);
    writeFileSync(
      join(root, 'run/ubugi/agent/ubugi-agent'),
      `#!/bin/sh\necho "$@" >${root}/called.new && mv ${root}/called.new ${root}/called\n`,
    );
    const soon = Math.ceil(Date.now() / 1000) + 1;
    expect(arrangeWake(soon, real(Date.now()))).toBeUndefined();
    await expect
      .poll(() => readFileSync(join(root, 'called'), 'utf8'), { timeout: 20_000 })
      .toBe('apply --trigger timer\n');
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(soon);
  });

  test('there is one at a time, and none that is not needed', async () => {
    const later = Math.ceil(Date.now() / 1000) + 3600;
    arrangeWake(later, real(Date.now()));
    const first = record();
    expect(first.moment).toBe(later);
    expect(isAlive(first.pid)).toBe(true);
    arrangeWake(later, real(Date.now()));
    expect(record()).toEqual(first);
    arrangeWake(later + 60, real(Date.now()));
    const second = record();
    expect(second.pid).not.toBe(first.pid);
    await expect.poll(() => isAlive(first.pid), { timeout: 20_000 }).toBe(false);
    expect(isAlive(second.pid)).toBe(true);
  });
});
