import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { INSTANCE, type LauncherBench, type LauncherRun } from './launcher-bench.ts';
import { readState } from './plain-drive.ts';

const validators = createValidators();

/** What of the scratch root stays when the machine is off. */
export async function lastingState({ root }: LauncherBench): Promise<object> {
  return Object.fromEntries(
    Object.entries(await readState(root)).filter(([path]) => !/^(run|proc|dev)(\/|$)/.test(path)),
  );
}

/** Checks that a run was refused, left its record and changed nothing since `before`; gives what it said. */
export async function expectRefusal(bench: LauncherBench, run: LauncherRun, before: object): Promise<string> {
  expect(run.output).toContain('this machine stays as it was');
  expect(run).toMatchObject({ exitCode: 2, calls: [] });
  const refused = await readFile(join(bench.root, 'run/ubugi/refused'), 'utf8');
  const report: unknown = JSON.parse(await readFile(join(bench.root, 'run/ubugi/report.json'), 'utf8'));
  expect(report).toMatchObject({ outcome: 'refused', instance: INSTANCE, reason: refused.trimEnd() });
  expect(validators.agentReport(report)).toMatchObject({ kind: 'valid' });
  expect(run.output).toContain(refused.trimEnd());
  expect(await lastingState(bench)).toEqual(before);
  return refused;
}
