import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type { WebhookVerdict } from '../inventory/netbox/webhook.ts';
import type { RolloutCensus } from '../rollouts/rollout-census.ts';
import type { HypervisorCensus } from './hypervisors/hypervisor-census.ts';

/** What the server counts, in the text format of Prometheus. */
export interface Metrics {
  /** One answered request. @param route path template, or `unmatched` @param seconds until the answer began */
  countRequest(method: string, route: string, status: number, seconds: number): void;
  /** One drive that was asked for and sent, or that the asker had already. */
  countDrive(outcome: 'sent' | 'not-modified'): void;
  /** One webhook, by what became of it. */
  countWebhook(outcome: WebhookOutcome): void;
  /** One look-up of an instance that no sync had seen. @param seconds that the asker waited */
  countLookup(outcome: 'found' | 'absent' | 'failed', seconds: number): void;
  /** One report that was stored. */
  countReport(origin: AgentReport['origin'], outcome: AgentReport['outcome']): void;
  /** One report that was not: its token was used up or is another instance's, it does not fit, there were too many. */
  countRefusedReport(reason: 'token' | 'content' | 'rate'): void;
  /** From now on also tells how many hypervisors there are and wait; call it once. */
  tellOfHypervisors(census: HypervisorCensus): void;
  /** From now on also tells of the rollouts that have not ended; call it once. */
  tellOfRollouts(census: RolloutCensus): void;
  /** All metrics as text. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** What can become of a webhook. */
export type WebhookOutcome =
  | Exclude<WebhookVerdict, { readonly kind: 'refused' }>['kind']
  | Extract<WebhookVerdict, { readonly kind: 'refused' }>['reason']
  | 'not-configured'
  | 'too-large'
  | 'too-fast';

/** Creates metrics with a registry of their own, those of the process included. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'ubugi_http_requests_total',
    help: 'Requests answered, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'ubugi_http_request_seconds',
    help: 'Seconds until the answer began, by method and route.',
    labelNames: ['method', 'route'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers: [registry],
  });
  const drives = new Counter({
    name: 'ubugi_drives_served_total',
    help: 'Drives asked for, by whether the image was sent or the asker had it already.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const webhooks = new Counter({
    name: 'ubugi_webhooks_total',
    help: 'Webhooks received, by what became of them.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const lookups = new Histogram({
    name: 'ubugi_instance_lookup_seconds',
    help: 'Seconds that a boot waited for the look-up of an instance that no sync had seen, by how it ended.',
    labelNames: ['outcome'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8],
    registers: [registry],
  });
  const reports = new Counter({
    name: 'ubugi_reports_total',
    help: 'Reports stored, by who sent them and what they say.',
    labelNames: ['origin', 'outcome'],
    registers: [registry],
  });
  const refusedReports = new Counter({
    name: 'ubugi_reports_refused_total',
    help: 'Reports not stored, by what was wrong with them.',
    labelNames: ['reason'],
    registers: [registry],
  });
  return {
    countRequest(method, route, status, duration) {
      requests.inc({ method, route, status: String(status) });
      seconds.observe({ method, route }, duration);
    },
    countDrive(outcome) {
      drives.inc({ outcome });
    },
    countWebhook(outcome) {
      webhooks.inc({ outcome });
    },
    countLookup(outcome, duration) {
      lookups.observe({ outcome }, duration);
    },
    countReport(origin, outcome) {
      reports.inc({ origin, outcome });
    },
    countRefusedReport(reason) {
      refusedReports.inc({ reason });
    },
    tellOfHypervisors(census) {
      registry.registerMetric(
        stateGauge(
          'ubugi_hypervisors',
          'Hypervisors, by whether their last heartbeat is recent, old, or never came.',
          () => census.states(),
        ),
      );
      registry.registerMetric(waitingGauge(census));
    },
    tellOfRollouts(census) {
      registry.registerMetric(
        stateGauge(
          'ubugi_rollouts',
          'Rollouts that have not ended, by whether they go on or have halted.',
          () => census.states(),
        ),
      );
      registry.registerMetric(
        stateGauge(
          'ubugi_rollout_instances',
          'Instances of rollouts that have not ended, by how far they are.',
          () => census.instances(),
        ),
      );
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** How many there are in each state, counted whenever the metrics are read. */
function stateGauge(
  name: string,
  help: string,
  states: () => Promise<Readonly<Record<string, number>>>,
): Gauge {
  return new Gauge({
    name,
    help,
    labelNames: ['state'],
    registers: [],
    async collect() {
      for (const [state, count] of Object.entries(await states())) this.set({ state }, count);
    },
  });
}

function waitingGauge(census: HypervisorCensus): Gauge {
  return new Gauge({
    name: 'ubugi_waiting_polls',
    help: 'Requests of hypervisors that wait for changes at this server.',
    registers: [],
    collect() {
      this.set(census.waiting());
    },
  });
}
