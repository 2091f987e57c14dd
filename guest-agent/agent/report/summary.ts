import type { AgentReport } from '../../../schemas/types/agent-report.ts';

const marks = { changed: '+', unchanged: '=', failed: '!', skipped: '-' } as const;
const shown = 12;

/** The report for people: one line a resource, its changes below, and a last line that says it all. */
export function printSummary(report: AgentReport, name: string): string {
  return `${printResources(report.resources)}${lastLine(report, name)}\n`;
}

/** One line a resource, its changes and what went wrong below. */
export function printResources(resources: AgentReport['resources']): string {
  const lines = resources.flatMap(({ resource, outcome, changes, message, output }) => [
    `  ${marks[outcome]} ${resource.padEnd(9)} ${outcome}`,
    ...changes
      .slice(0, shown)
      .map(
        ({ action, target, detail }) =>
          `      ${action} ${target}${detail === undefined ? '' : ` (${detail})`}`,
      ),
    ...(changes.length > shown ? [`      … and ${changes.length - shown} more`] : []),
    ...(message ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `      ${line}`),
    ...(outcome === 'failed'
      ? (output ?? '')
          .split('\n')
          .filter((line) => line !== '')
          .slice(-5)
          .map((line) => `      | ${line}`)
      : []),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

/** One line for the console. */
export function lastLine(report: AgentReport, name: string): string {
  const changes = report.resources.reduce((sum, resource) => sum + resource.changes.length, 0);
  const failed = report.resources
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ resource }) => resource);
  const about = `ubugi: generation ${report.generation} of ${name}`;
  if (report.reason !== undefined) return `${about} ${report.outcome}: ${report.reason}`;
  const time = `in ${Math.round(report.durationMs)} ms`;
  if (report.outcome === 'applied') return `${about} applied, ${changes} changes ${time}`;
  if (report.outcome === 'unchanged') return `${about} unchanged ${time}`;
  return `${about} failed: ${failed.join(', ')}; ${changes} other changes ${time}`;
}
