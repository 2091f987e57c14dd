import type { AgentReport } from '../../../schemas/types/agent-report.ts';

/** Characters; the server takes 256 KiB of UTF-8. */
const most = 200_000;

/** The report as one JSON line that the server takes: of very many changes, the first of each resource and how many more. */
export function boundedReport(report: AgentReport): string {
  for (let kept = 20_000; ; kept = Math.floor(kept / 10)) {
    const text = JSON.stringify(kept === 20_000 ? report : shortened(report, kept));
    if (kept === 0 || text.length <= most) return text;
  }
}

function shortened(report: AgentReport, kept: number): AgentReport {
  return {
    ...report,
    resources: report.resources.map((resource) => {
      const more = resource.changes.length - kept;
      if (more <= 0) return resource;
      const note = `${more} more changes, see /var/lib/ubugi/report.json`;
      const message = resource.message === undefined ? note : `${resource.message}\n${note}`;
      return { ...resource, changes: resource.changes.slice(0, kept), message: message.slice(0, 2000) };
    }),
  };
}
