import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { ensureFolder, putFile } from '../apply/transaction/put-file.ts';
import { observeMachine } from '../plan/machine.ts';
import type { System } from '../system/system.ts';
import { boundedReport } from './bounded-report.ts';
import { readChannel } from './outbox/channel.ts';
import { hasHttpClient } from './outbox/http-client.ts';
import { countUndelivered, forgetUndelivered, queueReport } from './outbox/outbox.ts';
import { redactReport, type Secrets } from './redaction.ts';

const device = '/dev/virtio-ports/org.ubugi.report.0';
const kept = '/var/lib/ubugi/report.json';
const current = '/run/ubugi/report.json';
const deviceWaitMs = 1000;

/** Outcome of a whole run by those of its resources. */
export function outcomeOf(resources: AgentReport['resources']): AgentReport['outcome'] {
  if (resources.some(({ outcome }) => outcome === 'failed')) return 'failed';
  return resources.some(({ outcome }) => outcome === 'changed') ? 'applied' : 'unchanged';
}

/** The report as it may leave the agent: without secrets, and with what earlier runs could not deliver. */
export function finishReport(report: AgentReport, secrets: Secrets, system: System): AgentReport {
  const token = readChannel(system)?.token;
  const undelivered = countUndelivered(system);
  return redactReport(
    undelivered === 0 ? report : { ...report, undelivered },
    token === undefined ? secrets : { ...secrets, values: [...secrets.values, token] },
  );
}

/**
 * Leaves the report in the guest, hands it to the hypervisor and puts it where it waits to be sent to the server. Every run's goes to `/run/ubugi`; the lasting one is
 * replaced only if it says something new, so that a run that changes nothing writes nothing.
 */
export function publishReport(
  report: AgentReport,
  options: { readonly offline: boolean },
  system: System,
): void {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  ensureFolder('/run/ubugi', 0o755, system);
  putFile(current, text, system, false);
  const known = isKnown(report, system);
  if (!known) {
    ensureFolder('/var/lib/ubugi', 0o700, system);
    putFile(kept, text, system, false);
  }
  if (options.offline) return;
  const line = boundedReport(report);
  queue(report, line, known, system);
  if (system.files.entry(device) === undefined) return;
  try {
    system.host.send(device, `${line}\n`, deviceWaitMs);
  } catch {
    // Nobody may be listening on the host; the report lies in the guest all the same.
  }
}

function queue(report: AgentReport, text: string, known: boolean, system: System): void {
  const channel = readChannel(system);
  // A timer that finds nothing to do says nothing that the server does not know.
  if (channel === undefined || (known && report.trigger === 'timer')) return;
  if (!hasHttpClient(observeMachine(system, { offline: false }))) return;
  const { instance } = channel;
  const generation = report.outcome === 'refused' ? 0 : report.generation;
  const hasty = report.trigger !== 'timer';
  queueReport(text, { instance, generation, passing: known, hasty }, system);
  if (report.undelivered !== undefined && !known) forgetUndelivered(system);
}

/**
 * Whether the lasting report already says so: of the same generation with nothing left to do and of the same refused media, or
 * of the very same failure.
 */
function isKnown(report: AgentReport, system: System): boolean {
  if (report.outcome === 'applied' || system.files.entry(kept) === undefined) return false;
  try {
    const last = JSON.parse(system.files.readText(kept)) as AgentReport;
    if (report.outcome !== 'unchanged') return essenceOf(last) === essenceOf(report);
    const settled = last.outcome === 'applied' || last.outcome === 'unchanged';
    const sameMedia = JSON.stringify(last.refusedMedia) === JSON.stringify(report.refusedMedia);
    return settled && sameMedia && last.instance === report.instance && last.generation === report.generation;
  } catch {
    return false;
  }
}

/** What a report says, without times and without what tools printed. */
function essenceOf({ instance, generation, outcome, reason, refusedMedia, resources }: AgentReport): string {
  const said = resources.map(({ resource, outcome: one, changes, message }) => [
    resource,
    one,
    changes,
    message,
  ]);
  return JSON.stringify([instance, generation, outcome, reason, refusedMedia, said]);
}
