import type { HostChanges } from '../../schemas/types/api.ts';
import { connectHost, type HostConnection } from './ask.ts';
import type { SiteHost } from './site.ts';

/** Hosts that wait for changes, each on a connection of its own. */
export interface WatchingHosts {
  /** Resolves when every host waits. */
  settled(): Promise<void>;
  /**
   * Resolves when every one of these hosts has been told of a generation of all its instances from this number on.
   * @returns when the last was, by `performance.now()`
   */
  reached(hosts: readonly SiteHost[], generation: number): Promise<number>;
  close(): Promise<void>;
}

interface Watch {
  readonly host: SiteHost;
  readonly connection: HostConnection;
  readonly known: Map<string, number>;
  waiting: boolean;
}

const waitSeconds = 300;
/** Hosts that begin at once: enough to be quick, few enough that the server's backlog holds them. */
const beginTogether = 100;

/** Starts them. */
export async function startWatchingHosts(url: string, hosts: readonly SiteHost[]): Promise<WatchingHosts> {
  let closing = false;
  let failure: unknown;
  let heard = Promise.withResolvers<void>();
  const tell = (): void => {
    heard.resolve();
    heard = Promise.withResolvers<void>();
  };
  const watches = hosts.map(
    (host): Watch => ({
      host,
      connection: connectHost(url, host.secret),
      known: new Map(),
      waiting: false,
    }),
  );

  async function poll(watch: Watch, cursor: string | undefined): Promise<string> {
    const path = `/v1/hypervisors/${watch.host.name}/changes`;
    const query = cursor === undefined ? '' : `?after=${cursor}&wait=${waitSeconds}`;
    const { body } = await watch.connection.ask('GET', path + query);
    const changes = JSON.parse(body) as HostChanges;
    for (const { instance, generation } of changes.instances) watch.known.set(instance, generation ?? 0);
    return changes.cursor;
  }

  async function watchOn(watch: Watch, first: string): Promise<void> {
    for (let cursor = first; ; ) {
      watch.waiting = true;
      cursor = await poll(watch, cursor);
      if (closing) return;
      tell();
    }
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await heard.promise;
      if (failure !== undefined) throw failure;
    }
  }

  const ends: Promise<void>[] = [];
  for (let start = 0; start < watches.length; start += beginTogether) {
    const group = watches.slice(start, start + beginTogether);
    const cursors = await Promise.all(group.map((watch) => poll(watch, undefined)));
    for (const [index, watch] of group.entries()) {
      const end = watchOn(watch, cursors[index] ?? '').catch((error: unknown) => {
        if (closing) return;
        failure ??= error;
        tell();
      });
      ends.push(end);
    }
  }

  return {
    settled: () => until(() => watches.every(({ waiting }) => waiting)),
    reached: async (wanted, generation) => {
      const byName = new Map(watches.map((watch) => [watch.host.name, watch]));
      const pending = new Set(wanted);
      await until(() => {
        for (const host of pending) {
          const known = byName.get(host.name)?.known;
          if (host.instances.every((id) => (known?.get(id) ?? 0) >= generation)) pending.delete(host);
        }
        return pending.size === 0;
      });
      return performance.now();
    },
    close: async () => {
      closing = true;
      for (const { connection } of watches) connection.close();
      await Promise.all(ends);
    },
  };
}
