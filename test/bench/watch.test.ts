import { describe, expect, it } from 'vitest';
import { silent } from '../../bench/sync/progress.ts';
import { measureWatch } from '../../bench/watch/measure.ts';
import { describeWatch, watchResult } from '../../bench/watch/result.ts';
import { readOptions } from '../../bench/watch.ts';

const { signal } = new AbortController();
/** Starts a server and syncs twice, on a machine that may have other things to do. */
const timeoutMs = 300_000;

describe('bench watch', () => {
  it(
    'measures hosts that wait, a change for one and one for all',
    async () => {
      const argv = ['--hosts', '6', '--instances', '2', '--peer-hosts', '2', '--idle-seconds', '1'];
      const options = readOptions([...argv, '--peer-seconds', '1'], signal);
      if (options === undefined) throw new Error('help was not asked for');
      const result = watchResult(options, await measureWatch(options, silent));
      expect(result).toMatchObject({ bench: 'watch', hosts: 6, instances: 12, peer: { hosts: 2 } });
      expect(result.memoryMiB.waiting).toBeGreaterThan(0);
      expect(result.peer.requestsASecond).toBeGreaterThan(0);
      expect(result.oneHostSeconds).toBeGreaterThan(0);
      expect(result.syncSeconds).toBeGreaterThan(0);
      expect(describeWatch(result)).toContain('6 hypervisors with 12 instances wait at one server');
    },
    timeoutMs,
  );

  it('measures the whole by default, and gives help', () => {
    expect(readOptions([], signal)).toMatchObject({ hosts: 7000, instancesPerHost: 14, peerHosts: 100 });
    expect(readOptions(['--help'], signal)).toBeUndefined();
  });

  it.each([
    [['--hosts', 'many'], /--hosts takes a whole number from 1 to 15000, not many/],
    [['--instances', '0'], /--instances takes a whole number from 1 to 100/],
    [['--fast'], /--fast/],
  ])('refuses %j', (argv, message) => {
    expect(() => readOptions(argv, signal)).toThrow(message);
  });
});
