import type { FileView } from '../plan/machine.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../plan/step.ts';

const marks = { create: '+', update: '~', remove: '-', run: '>' } as const;
const most = 40;

/** The plan for people, like a diff. Content of shadow files is never shown. */
export function printPlan(plan: Plan, scripts: readonly string[], files: FileView): string {
  const lines: string[] = [];
  for (const { resource, changes, problems, notes = [], skipped, steps } of plan.resources) {
    if (changes.length + problems.length + notes.length === 0 && skipped === undefined) continue;
    lines.push(`${resource}:`);
    const byPath = new Map(steps.map((step) => [step.path, step]));
    for (const { action, target, detail } of changes) {
      lines.push(`  ${marks[action]} ${target}${detail === undefined ? '' : ` (${detail})`}`);
      const step = byPath.get(target);
      if (step !== undefined) lines.push(...stepDiff(step, files));
    }
    lines.push(...problems.map((problem) => `  ! ${problem}`));
    lines.push(...notes.map((note) => `  = ${note}`));
    if (skipped !== undefined) lines.push(`  - ${skipped}`);
  }
  if (scripts.length > 0) lines.push('scripts:', ...scripts.map((name) => `  > script ${name}`));
  return lines.length === 0 ? 'Nothing to do.\n' : `${lines.join('\n')}\n`;
}

/** The plan for programs. */
export function planJson(plan: Plan, scripts: readonly string[]): string {
  const resources = plan.resources.map(({ resource, changes, problems, notes, skipped }) => ({
    resource,
    changes,
    problems,
    ...(notes === undefined || notes.length === 0 ? {} : { notes }),
    ...(skipped === undefined ? {} : { skipped }),
  }));
  const pending = scripts.map((name) => ({ action: 'run', target: `script ${name}` }));
  return `${JSON.stringify({ resources: [...resources, { resource: 'scripts', changes: pending, problems: [] }] }, null, 2)}\n`;
}

function stepDiff(step: Step, files: FileView): readonly string[] {
  if (step.kind !== 'file' || step.secret === true) return [];
  return lineDiff(files.text(step.path) ?? '', step.text).map((line) => `      ${line}`);
}

/** The lines between the first and the last difference, old ones then new ones. */
export function lineDiff(before: string, after: string): readonly string[] {
  const old = before === '' ? [] : before.replace(/\n$/, '').split('\n');
  const now = after === '' ? [] : after.replace(/\n$/, '').split('\n');
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (
    tail < Math.min(old.length, now.length) - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail++;
  const lines = [
    ...old.slice(head, old.length - tail).map((line) => `- ${line}`),
    ...now.slice(head, now.length - tail).map((line) => `+ ${line}`),
  ];
  return lines.length > most ? [...lines.slice(0, most), `… ${lines.length - most} more lines`] : lines;
}
