import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentReport } from '../../schemas/types/agent-report.ts';

/** Milliseconds of each resource, as one run's report has them; checks that run side by side count by their own time. */
export type ResourceTimes = ReadonlyMap<string, number>;

/** Reads them from the report that the agent has left in a root. */
export async function readResourceTimes(root: string): Promise<ResourceTimes> {
  const report = JSON.parse(await readFile(join(root, 'run/ubugi/report.json'), 'utf8')) as AgentReport;
  return new Map(report.resources.map(({ resource, durationMs }) => [resource, durationMs]));
}

/** Names of all resources in the order of the reports. */
export function resourceNames(runs: readonly ResourceTimes[]): readonly string[] {
  return [...new Set(runs.flatMap((times) => [...times.keys()]))];
}

/** What one resource took in each run. */
export function timesOf(name: string, runs: readonly ResourceTimes[]): readonly number[] {
  return runs.map((times) => times.get(name) ?? 0);
}
