import type { AgentReport } from '../../../schemas/types/agent-report.ts';

/** What is known to have failed, and the sortable time as of which. */
export interface KnownFailure {
  readonly generation: number;
  readonly asOf: string;
  readonly reason: string;
}

/** What a report is compared with. */
export interface FailureContext {
  readonly newest: number | undefined;
  /** Generation that the guest has applied; 0: none. */
  readonly applied: number;
  /** Sortable time of the report. */
  readonly asOf: string;
}

/** A reason goes into lists: the report has all of it. */
const longestReason = 500;

/**
 * The newest failure after a report. One of the same or a later generation that says otherwise ends it, unless it is the
 * older of the two: reports may come late, and twice. A drive that is refused although its generation is applied is
 * another medium, perhaps a tenant's own, and no failure of this one.
 */
export function failureAfter(
  before: KnownFailure | undefined,
  report: AgentReport,
  { newest = 0, applied, asOf }: FailureContext,
): KnownFailure | undefined {
  const { generation, outcome } = report;
  if (generation > newest || outcome === 'skipped') return before;
  const isLater =
    before === undefined ||
    generation > before.generation ||
    (generation === before.generation && asOf >= before.asOf);
  if (!isLater) return before;
  if (outcome !== 'failed' && outcome !== 'refused') return undefined;
  if (generation < applied || (outcome === 'refused' && generation === applied)) return before;
  return { generation, asOf, reason: reasonOf(report) };
}

function reasonOf({ origin, outcome, generation, reason, resources }: AgentReport): string {
  const failed = resources.filter((resource) => resource.outcome === 'failed');
  const texts = [
    ...(reason === undefined ? [] : [reason]),
    ...failed.map(({ resource, message }) => `${resource}: ${message ?? 'failed'}`),
  ];
  const who = origin === 'guest' ? 'the guest' : 'the hypervisor';
  return (texts.length === 0 ? `${who} says: ${outcome} generation ${generation}` : texts.join('; ')).slice(
    0,
    longestReason,
  );
}
