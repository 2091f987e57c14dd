import { chmod, mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { measureSyncs } from '../../bench/sync/measure.ts';
import { silent } from '../../bench/sync/progress.ts';
import { describeBench, syncBench } from '../../bench/sync/result.ts';
import { readOptions } from '../../bench/sync.ts';

const signal = new AbortController().signal;
/** Each starts a directory, a server and a database or two, on a machine that may have other things to do. */
const timeoutMs = 300_000;

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A temporary folder of this test alone, in which also PostgreSQL's own user may look for its files. */
async function ownTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-test-'));
  await chmod(folder, 0o755);
  vi.stubEnv('TMPDIR', folder);
  return folder;
}

describe('bench sync', () => {
  it.each([
    ['file', 'both', ['sqlite', 'postgres']],
    ['netbox', 'sqlite', ['sqlite']],
  ])(
    'measures the syncs from a %s inventory on %s, and leaves nothing behind',
    async (inventory, store, stores) => {
      const folder = await ownTemporaryFolder();
      const argv = ['--instances', '200', '--accounts', '1000', '--store', store, '--inventory', inventory];
      const options = readOptions(argv, signal);
      if (options === undefined) throw new Error('help was not asked for');
      const measurements = await measureSyncs(options, silent);
      const result = syncBench(options, measurements);

      expect(Object.keys(result.stores)).toEqual(stores);
      for (const { first, unchanged, left, plainReading, bulkLoadSeconds } of Object.values(result.stores)) {
        for (const { seconds, peakMiB, peerSeconds, ratio } of [first, unchanged, left]) {
          expect(peakMiB).toBeGreaterThan(0);
          expect(ratio).toBeGreaterThan(0);
          // Both are rounded to hundredths.
          expect(Math.abs(seconds - ratio * peerSeconds)).toBeLessThan(0.01 * (1 + ratio + peerSeconds));
        }
        expect(left.instances).toBe(20);
        expect(plainReading.seconds).toBeGreaterThan(0);
        expect(bulkLoadSeconds).toBeGreaterThan(0);
      }
      expect(describeBench(result, measurements)).toContain('one person left a group on 20 instances');
      expect(await readdir(folder)).toEqual([]);
      await rmdir(folder);
    },
    timeoutMs,
  );

  it('measures the whole by default', () => {
    expect(readOptions([], signal)).toMatchObject({
      instances: 100_000,
      accounts: 5000,
      stores: ['sqlite', 'postgres'],
      inventory: 'file',
    });
  });

  it('gives help', () => {
    expect(readOptions(['--help'], signal)).toBeUndefined();
  });

  it.each([
    [['--instances', 'many'], /--instances takes a whole number from 10 to 1000000, not many/],
    [['--accounts', '99'], /--accounts takes a whole number from 100 to 20000/],
    [['--store', 'mysql'], /--store takes sqlite, postgres, both, not mysql/],
    [['--inventory', 'ldap'], /--inventory takes file, netbox, not ldap/],
    [['--fast'], /--fast/],
  ])('refuses %j', (argv, message) => {
    expect(() => readOptions(argv, signal)).toThrow(message);
  });
});
