import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { NewEvent } from '../../store/store.ts';

const longestReason = 2000;

/** What the audit trail says of a report: that it came, and if it is bad news of a guest, a line of its own. */
export function reportEvents(
  report: AgentReport,
  { at, actor, instance }: { readonly at: string; readonly actor: string; readonly instance: InstanceId },
): readonly NewEvent[] {
  const { generation, origin, outcome } = report;
  const received: NewEvent = {
    at,
    actor,
    action: 'report-received',
    instance,
    reason: report.reason ?? `${origin} reports generation ${generation} ${outcome}`,
    details: { generation, origin, outcome },
  };
  if (origin !== 'guest' || (outcome !== 'failed' && outcome !== 'refused')) return [received];
  const failed = report.resources.filter((resource) => resource.outcome === 'failed');
  const messages = failed.map(({ resource, message }) => `${resource}: ${message ?? 'failed'}`);
  const reason = [...(report.reason === undefined ? [] : [report.reason]), ...messages].join('\n');
  return [
    received,
    {
      at,
      actor,
      action: outcome === 'failed' ? 'guest-failed' : 'guest-refused',
      instance,
      reason: (reason === '' ? `the guest ${outcome} generation ${generation}` : reason).slice(
        0,
        longestReason,
      ),
      details: { generation, resources: failed.map(({ resource }) => resource) },
    },
  ];
}
