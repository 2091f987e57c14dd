import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Progress } from '../sync/progress.ts';
import { type ServedUbugi, serveUbugi } from '../sync/served.ts';
import { startPlainHosts } from './plain-hosts.ts';
import { regenerate } from './regenerate.ts';
import { makeSite, type WatchSite } from './site.ts';
import { startWatchingHosts } from './watching-hosts.ts';

/** What to measure. */
export interface WatchBenchOptions {
  readonly hosts: number;
  readonly instancesPerHost: number;
  /** Hosts of the peer. */
  readonly peerHosts: number;
  /** Seconds from one round of the peer's requests to the next. */
  readonly peerEverySeconds: number;
  /** Seconds for which idle hosts, and the peer, are measured. */
  readonly idleSeconds: number;
  readonly signal: AbortSignal;
}

/** What came out. */
export interface WatchMeasurement {
  /** Resident before any host waits, after the first sync. */
  readonly bytesBefore: number;
  readonly bytesWaiting: number;
  /** CPU seconds of the server in a second, while all hosts wait. */
  readonly cpuWaiting: number;
  /** The same while the peer's hosts ask. */
  readonly cpuPeer: number;
  readonly peerRequestsASecond: number;
  /** From the request that changes one drive until its host is told. */
  readonly oneSeconds: number;
  /** The sync that changes every drive, as who asked for it saw it. */
  readonly syncSeconds: number;
  /** From that answer until the last host was told of its last drive. */
  readonly allSeconds: number;
}

/** Runs the bench in a temporary folder, which it removes, and ends all that it started. */
export async function measureWatch(
  options: WatchBenchOptions,
  progress: Progress,
): Promise<WatchMeasurement> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-bench-watch-'));
  try {
    const site = await progress.during(
      `${options.hosts} hypervisors with ${options.instancesPerHost} instances each`,
      () => makeSite(folder, options),
    );
    const server = await serveUbugi({ config: site.config, socket: site.socket, nodeArguments: [] });
    try {
      await progress.during('the first sync', () => server.sync(options.signal));
      return await measureServer(server, site, options, progress);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureServer(
  server: ServedUbugi,
  site: WatchSite,
  options: WatchBenchOptions,
  progress: Progress,
): Promise<WatchMeasurement> {
  const { idleSeconds, signal } = options;
  const peer = await measurePeer(server, site, options, progress);
  const { residentBytes: bytesBefore } = await server.figures();
  const hosts = await progress.during('all hosts begin to wait', () =>
    startWatchingHosts(server.url, site.hosts),
  );
  try {
    await hosts.settled();
    // What their beginning left to do, such as noting when each was seen, is not part of waiting.
    await delay(3000, undefined, { signal });
    const cpuWaiting = await progress.during('all hosts wait', () => cpuOf(server, idleSeconds, signal));
    const { residentBytes: bytesWaiting } = await server.figures();

    const [first] = site.hosts;
    if (first === undefined) throw new Error('there is no host');
    const oneSeconds = await progress.during('one host is told', async () => {
      const start = performance.now();
      const told = hosts.reached([{ ...first, instances: first.instances.slice(0, 1) }], 2);
      await regenerate(site.socket, first.instances[0] ?? '');
      return ((await told) - start) / 1000;
    });

    await site.changeAll();
    const [all, syncSeconds, allSeconds] = await progress.during('all hosts are told', async () => {
      const told = hosts.reached(site.hosts, 2);
      const sync = await server.sync(signal);
      const answered = performance.now();
      return [sync.counts.changed, sync.seconds, ((await told) - answered) / 1000] as const;
    });
    if (all !== options.hosts * options.instancesPerHost) throw new Error(`only ${all} drives changed`);
    return { ...peer, bytesBefore, bytesWaiting, cpuWaiting, oneSeconds, syncSeconds, allSeconds };
  } finally {
    await hosts.close();
  }
}

async function measurePeer(
  server: ServedUbugi,
  site: WatchSite,
  { peerHosts, peerEverySeconds: everySeconds, idleSeconds, signal }: WatchBenchOptions,
  progress: Progress,
): Promise<Pick<WatchMeasurement, 'cpuPeer' | 'peerRequestsASecond'>> {
  const peer = await progress.during(`drives of the peer’s ${peerHosts} hosts`, () =>
    startPlainHosts(server.url, site.hosts.slice(0, peerHosts), { everySeconds }),
  );
  try {
    return await progress.during('the peer asks', async () => {
      const before = await server.figures();
      const start = performance.now();
      const asked = await peer.run(idleSeconds);
      signal.throwIfAborted();
      const seconds = (performance.now() - start) / 1000;
      const { cpuSeconds } = await server.figures();
      return { cpuPeer: (cpuSeconds - before.cpuSeconds) / seconds, peerRequestsASecond: asked / seconds };
    });
  } finally {
    peer.close();
  }
}

async function cpuOf(server: ServedUbugi, seconds: number, signal: AbortSignal): Promise<number> {
  const before = await server.figures();
  const start = performance.now();
  await delay(seconds * 1000, undefined, { signal });
  const after = await server.figures();
  return (after.cpuSeconds - before.cpuSeconds) / ((performance.now() - start) / 1000);
}
