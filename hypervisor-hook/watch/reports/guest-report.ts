import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { readJsonDocument } from '../../../schemas/validation/json-document.ts';
import type { Validator } from '../../../schemas/validation/validator.ts';

/** What the server takes, in bytes: a longer report is not kept either. */
export const mostReportBytes = 256 * 1024;

/** A guest's report, or why it is none; `reason` is half a sentence and holds nothing that the guest chose. */
export type GuestReportReading =
  | { readonly kind: 'report'; readonly report: AgentReport }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Reads a line that the guest of an instance sent. Who is root in the guest can send anything: it may speak of its own
 * instance, as a guest, and of nothing else. Never throws.
 */
export function readGuestReport(
  line: Buffer,
  instance: string,
  validator: Validator<AgentReport>,
): GuestReportReading {
  const reading = readJsonDocument(line.toString('utf8'));
  if (reading.kind === 'invalid') return refused('is not JSON');
  const validated = validator(reading.value);
  if (validated.kind === 'invalid') return refused('is not a report by its schema');
  const report = validated.value;
  if (report.instance !== instance) return refused('is about another instance');
  if (report.origin !== 'guest' || report.outcome === 'attached') {
    return refused('says what only the hypervisor can say');
  }
  return { kind: 'report', report };
}

function refused(reason: string): GuestReportReading {
  return { kind: 'refused', reason };
}
