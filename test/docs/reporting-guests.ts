import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceList, InstanceSummary } from '../../schemas/types/api.ts';
import type { ServedSite } from '../harness/served-site.ts';
import { sampleReport } from '../http/api-server.ts';
import { exchange } from '../http/http-exchange.ts';

/** Stands for hypervisors and guests of a site: they report of what they should have by now. */
export interface ReportingGuests {
  /** Reports for every machine that waits, until the work has ended. @param outcome what guests say */
  during<T>(work: Promise<T>, outcome?: 'applied' | 'failed'): Promise<T>;
  /** Every machine that waits reports once. */
  report(outcome?: 'applied' | 'failed'): Promise<void>;
}

const intervalMs = 100;

/** Guests of this site. */
export function createReportingGuests({ socket }: ServedSite): ReportingGuests {
  const target = { socketPath: socket };

  async function reportOf({ id, generation, replay }: InstanceSummary, outcome: 'applied' | 'failed') {
    const wanted = replay?.generation ?? generation.newest;
    if (wanted === null || (replay === undefined && !generation.pending)) return;
    const startedAt = new Date().toISOString();
    for (const said of [{ origin: 'hypervisor', outcome: 'attached' } as const, { outcome }]) {
      const body = sampleReport(id, { generation: wanted, startedAt, ...said });
      const { status, bytes } = await exchange(target, 'POST', `/v1/instances/${id}/reports`, { body });
      if (status >= 300) throw new Error(`a report of ${id}: ${status} ${bytes.toString()}`);
    }
  }

  async function report(outcome: 'applied' | 'failed' = 'applied'): Promise<void> {
    const { json } = await exchange(target, 'GET', '/v1/instances', {});
    for (const summary of (json as InstanceList).instances) await reportOf(summary, outcome);
  }

  return {
    report,
    async during(work, outcome) {
      const ended = work.then(
        () => true,
        () => true,
      );
      while (!(await Promise.race([ended, delay(intervalMs, false)]))) await report(outcome);
      return await work;
    },
  };
}
