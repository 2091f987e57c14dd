import type { Check, Plan, ResourceName } from '../plan/plan.ts';
import type { System, ToolResult } from '../system/system.ts';
import { removeTree } from './transaction/remove-tree.ts';

const stage = '/run/ubugi/stage';
/** Tools that run side by side; they are bounded by processors, not by memory. */
const width = 8;
const deadlineMs = 30_000;

/**
 * Lets the guest's own tools look at all that a plan stages.
 *
 * @param seen is told of each tool's run. @returns what is wrong first with each resource that fails.
 */
export function checkPlan(
  plan: Plan,
  system: System,
  seen: (resource: ResourceName, result: ToolResult, isWrong: boolean) => void = () => undefined,
): ReadonlyMap<ResourceName, string> {
  const checks = plan.resources.flatMap(({ resource, checks: own }) =>
    own.map((check) => ({ check, resource })),
  );
  const problems = runChecks(
    checks.map(({ check }) => check),
    system,
    (at, result, isWrong) => {
      const resource = checks[at]?.resource;
      if (resource !== undefined) seen(resource, result, isWrong);
    },
  );
  const failed = new Map<ResourceName, string>();
  for (const [at, problem] of problems) {
    const resource = checks[at]?.resource;
    if (resource !== undefined && !failed.has(resource)) failed.set(resource, problem);
  }
  return failed;
}

/**
 * Lets the guest's own tools look at staged copies.
 *
 * @param seen is told of each tool's run, by position of its check. @returns what is wrong, by position of the check.
 */
function runChecks(
  checks: readonly Check[],
  system: System,
  seen: (at: number, result: ToolResult, isWrong: boolean) => void,
): ReadonlyMap<number, string> {
  const problems = new Map<number, string>();
  if (checks.length === 0) return problems;
  const attributes = { mode: 0o700, uid: 0, gid: 0 };
  removeTree(stage, system);
  system.files.createFolder(stage, attributes);
  try {
    const jobs = checks.map((check, at) => {
      const folder = `${stage}/${at}`;
      system.files.createFolder(folder, attributes);
      for (const { name, text } of check.stage(folder)) {
        system.files.create(`${folder}/${name}`, { text }, { mode: 0o600, uid: 0, gid: 0 }, false);
      }
      if (check.needs !== undefined && system.files.entry(check.needs) === undefined) {
        system.files.createFolder(check.needs, { mode: 0o755, uid: 0, gid: 0 });
      }
      return { check, folder, at };
    });
    const before = jobs.flatMap(({ check, folder }) =>
      check.before === undefined ? [] : [check.before(folder)],
    );
    system.processes.run(before.map((argv) => ({ argv, timeoutMs: deadlineMs })));
    for (let first = 0; first < jobs.length; first += width) {
      const batch = jobs.slice(first, first + width);
      const results = system.processes.run(
        batch.map(({ check, folder }) => ({ argv: check.argv(folder), folder, timeoutMs: deadlineMs })),
      );
      batch.forEach(({ check, folder, at }, i) => {
        const result = results[i] ?? { status: 126, output: '', timedOut: false };
        const verdict = result.timedOut ? `no answer within ${deadlineMs / 1000} s` : check.judge(result);
        seen(at, result, verdict !== undefined);
        if (verdict !== undefined) problems.set(at, `${check.what}: ${verdict.replaceAll(`${folder}/`, '')}`);
      });
    }
  } finally {
    removeTree(stage, system);
  }
  return problems;
}
