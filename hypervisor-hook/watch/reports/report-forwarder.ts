import type { Delivery } from '../../metadata-server/host-server.ts';
import type { Clock } from '../../process/clock.ts';
import { type BackOffOptions, backOffMs, type Random } from '../pace/back-off.ts';
import { type Bell, createBell } from '../pace/bell.ts';
import { createLimit } from '../pace/limit.ts';
import type { Counters } from '../status/counters.ts';
import type { ReportSpool } from './report-spool.ts';

/** What the forwarder needs of the world. */
export interface ForwarderPorts {
  readonly spool: ReportSpool;
  /** Never throws. */
  readonly send: (instance: string, report: Buffer) => Promise<Delivery>;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (line: string) => void;
}

/** Sends what waits in the spool: of each instance in order, one at a time. */
export interface ReportForwarder {
  /** Something waits, or the server is back. */
  wake(): void;
  /** Works until the signal aborts. Never throws. */
  run(signal: AbortSignal): Promise<void>;
}

const sendersAtATime = 4;
const idleMs = 3_600_000;
/** The server takes a report of one instance every five seconds in the long run. */
const busyMs = 10_000;

/** Makes a forwarder. */
export function createReportForwarder(ports: ForwarderPorts, backOff: BackOffOptions): ReportForwarder {
  const { spool, send, counters, clock, random, log } = ports;
  const bell: Bell = createBell();
  const limit = createLimit(sendersAtATime);
  /** When an instance's turn comes again, in elapsed milliseconds. */
  const notBefore = new Map<string, number>();

  /** @returns why the server cannot be reached, if so */
  async function forward(instance: string, signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const report = await spool.oldest(instance);
      if (report === undefined) return undefined;
      const delivery = await send(instance, report.content);
      switch (delivery.kind) {
        case 'taken':
          counters.count('forwardedReports');
          await spool.remove(instance, report.sequence);
          break;
        case 'refused':
          counters.count('refusedReports');
          log(`a report of instance ${instance} is dropped: ${delivery.reason}`);
          await spool.remove(instance, report.sequence);
          break;
        case 'busy':
          notBefore.set(instance, clock.elapsedMs() + busyMs * (1 + random()));
          return undefined;
        case 'unavailable':
          return delivery.reason;
      }
    }
    return undefined;
  }

  /** @returns whether the server could be reached */
  async function round(signal: AbortSignal): Promise<boolean> {
    const now = clock.elapsedMs();
    for (const [instance, time] of notBefore) if (time <= now) notBefore.delete(instance);
    const stop = new AbortController();
    const bounds = AbortSignal.any([signal, stop.signal]);
    const due = spool.instances().filter((instance) => !notBefore.has(instance));
    await Promise.all(
      due.map(async (instance) =>
        limit(async () => {
          // One is enough to know that nobody's can be sent.
          if ((await forward(instance, bounds)) !== undefined) stop.abort();
        }),
      ),
    );
    return !stop.signal.aborted;
  }

  return {
    wake: () => bell.ring(),
    async run(signal) {
      let failures = 0;
      while (!signal.aborted) {
        failures = (await round(signal)) ? 0 : failures + 1;
        const wait =
          failures > 0 ? backOffMs(failures, backOff, random) : notBefore.size > 0 ? busyMs : idleMs;
        await bell.wait(wait, signal);
      }
    },
  };
}
