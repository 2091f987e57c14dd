import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { ensureFolder, putFile } from '../apply/put-file.ts';
import type { System } from '../system/system.ts';

const device = '/dev/virtio-ports/org.ubugi.report.0';
const kept = '/var/lib/ubugi/report.json';
const current = '/run/ubugi/report.json';
const deviceWaitMs = 1000;

/** Outcome of a whole run by those of its resources. */
export function outcomeOf(resources: AgentReport['resources']): AgentReport['outcome'] {
  if (resources.some(({ outcome }) => outcome === 'failed')) return 'failed';
  return resources.some(({ outcome }) => outcome === 'changed') ? 'applied' : 'unchanged';
}

/**
 * Leaves the report in the guest and hands it to the hypervisor. Every run's goes to `/run/ubugi`; the lasting one is
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
  if (!isKnown(report, system)) {
    ensureFolder('/var/lib/ubugi', 0o700, system);
    putFile(kept, text, system, false);
  }
  if (options.offline || system.files.entry(device) === undefined) return;
  try {
    system.host.send(device, `${JSON.stringify(report)}\n`, deviceWaitMs);
  } catch {
    // Nobody may be listening on the host; the report lies in the guest all the same.
  }
}

/** Whether the lasting report already tells of the same generation with nothing left to do, and of the same refused media. */
function isKnown(report: AgentReport, system: System): boolean {
  if (report.outcome !== 'unchanged' || system.files.entry(kept) === undefined) return false;
  try {
    const last = JSON.parse(system.files.readText(kept)) as AgentReport;
    const settled = last.outcome === 'applied' || last.outcome === 'unchanged';
    const sameMedia = JSON.stringify(last.refusedMedia) === JSON.stringify(report.refusedMedia);
    return settled && sameMedia && last.instance === report.instance && last.generation === report.generation;
  } catch {
    return false;
  }
}
