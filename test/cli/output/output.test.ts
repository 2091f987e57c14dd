import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOutput, type Environment, type Output } from '../../../server/cli/output/output.ts';
import { styled } from '../../../server/cli/output/span.ts';
import { captured, type Written } from '../captured.ts';

function output(terminal: boolean, environment: Environment = {}): { output: Output; written: Written } {
  const { dependencies, written } = captured({ terminal });
  return { output: createOutput({ ...dependencies, environment }, { json: false }), written };
}

function printed(terminal: boolean, environment?: Environment): string {
  const { output: target, written } = output(terminal, environment);
  target.result({}, (page) => {
    page.line(styled('red', 'failed'));
  });
  return written.stdout;
}

describe('colours', () => {
  it('are on a terminal only, and NO_COLOR and a dumb terminal turn them off', () => {
    expect(printed(true)).toBe('\u001b[31mfailed\u001b[39m\n');
    expect(printed(true, { NO_COLOR: '' })).toBe('\u001b[31mfailed\u001b[39m\n');
    expect(printed(true, { NO_COLOR: '1' })).toBe('failed\n');
    expect(printed(true, { TERM: 'dumb' })).toBe('failed\n');
    expect(printed(false)).toBe('failed\n');
  });
});

describe('width', () => {
  const words = 'word '.repeat(40).trim();

  function lines(terminal: boolean, environment?: Environment): number {
    const { output: target, written } = output(terminal, environment);
    target.result({}, (page) => {
      page.table([{ heading: '', flexible: true }], [[words]]);
    });
    return written.stdout.trimEnd().split('\n').length;
  }

  it('is the terminal’s or that of COLUMNS; a pipe gets whole lines', () => {
    expect(lines(true)).toBe(3);
    expect(lines(true, { COLUMNS: '40' })).toBe(5);
    expect(lines(true, { COLUMNS: 'wide' })).toBe(3);
    expect(lines(false)).toBe(1);
    expect(lines(false, { COLUMNS: '40' })).toBe(5);
  });
});

describe('progress', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  /** What stood there then, and after the work. */
  async function shownAfter(
    ms: number,
    terminal: boolean,
    environment?: Environment,
  ): Promise<readonly [then: string, atTheEnd: string]> {
    const { output: target, written } = output(terminal, environment);
    const done = Promise.withResolvers<void>();
    const work = target.progress('syncing', async (update) => {
      update('3 of 7 \u001b[2J');
      await done.promise;
      return 42;
    });
    await vi.advanceTimersByTimeAsync(ms);
    const shown = written.stderr;
    done.resolve();
    expect(await work).toBe(42);
    expect(vi.getTimerCount()).toBe(0);
    expect(written.stdout).toBe('');
    return [shown, written.stderr];
  }

  it('appears on a terminal after a second, escaped, and is wiped', async () => {
    expect(await shownAfter(900, true)).toEqual(['', '']);
    const [shown, atTheEnd] = await shownAfter(2100, true);
    expect(shown).toContain('syncing  3 of 7 \\x1b[2J  2 s');
    expect(atTheEnd).toBe(`${shown}\r\u001b[2K`);
  });

  it('appears nowhere else', async () => {
    expect(await shownAfter(5000, false)).toEqual(['', '']);
    expect(await shownAfter(5000, true, { TERM: 'dumb' })).toEqual(['', '']);
  });

  it('is wiped when the work fails', async () => {
    const { output: target, written } = output(true);
    const done = Promise.withResolvers<never>();
    const work = target.progress('syncing', async () => await done.promise);
    await vi.advanceTimersByTimeAsync(1500);
    done.reject(new Error('no'));
    await expect(work).rejects.toThrow('no');
    expect(written.stderr.endsWith('\r\u001b[2K')).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
