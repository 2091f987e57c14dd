import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { Page } from '../output/page.ts';
import { type Span, type Style, styled } from '../output/span.ts';
import { counted, duration } from './words.ts';

const styles: Readonly<Record<AgentReport['outcome'] | 'changed' | 'skipped', Style>> = {
  applied: 'green',
  unchanged: 'dim',
  failed: 'red',
  refused: 'red',
  attached: 'cyan',
  changed: 'green',
  skipped: 'dim',
};

/** The outcome of a report or of one resource in it. */
export function reportOutcome(outcome: AgentReport['outcome'] | 'changed' | 'skipped'): Span {
  return styled(styles[outcome], outcome);
}

/** What the guest or hypervisor said last, resource by resource. */
export function renderReport(page: Page, report: AgentReport): void {
  const agent = report.agent === undefined ? '' : `, agent ${report.agent.version} on ${report.agent.arch}`;
  page.line(
    `  ${report.startedAt}  generation ${report.generation} `,
    reportOutcome(report.outcome),
    ` by ${report.origin} in ${duration(report.durationMs)}${agent}`,
    report.verified === false ? styled('yellow', ', signature not checked against pinned signers') : '',
  );
  if (report.reason !== undefined) page.line('  ', styled('red', report.reason));
  page.table(
    [{ heading: '' }, { heading: '' }, { heading: '', flexible: true }],
    report.resources.map((resource) => [
      resource.resource,
      reportOutcome(resource.outcome),
      resource.message ?? (resource.changes.length === 0 ? '' : counted(resource.changes.length, 'change')),
    ]),
    { indent: 4 },
  );
  for (const { resource, outcome, output } of report.resources) {
    if (outcome !== 'failed' || output === undefined) continue;
    page.line('    ', styled('dim', `what the tool said for ${resource}:`));
    for (const line of lastLines(output)) page.line('      ', line);
  }
  for (const { medium, reason } of report.refusedMedia ?? []) {
    page.line('    ', styled('yellow', `not used: ${medium}: ${reason}`));
  }
  if (report.undelivered !== undefined) {
    page.line(
      '    ',
      styled('yellow', `${counted(report.undelivered, 'earlier report')} could not be delivered`),
    );
  }
}

const shownLines = 5;

function lastLines(output: string): readonly string[] {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-shownLines);
}
