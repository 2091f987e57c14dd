import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Validators } from '../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../schemas/validation/yaml-document.ts';
import { createVirsh, type Virsh } from '../adapters/libvirt/virsh.ts';
import { AdapterError } from '../adapters/machine-adapter.ts';
import { loadConfiguration } from '../configuration/load-configuration.ts';
import { oneLine } from '../process/one-line.ts';
import { runProgram } from '../process/run-program.ts';
import {
  applyPlan,
  type DomainOutcome,
  type DomainPlan,
  planDomain,
  selectDomains,
} from './enrol-domains.ts';
import type { EnrolRequest } from './enrol-request.ts';

/** What the command needs of the process. */
export interface EnrolCommandPorts {
  readonly validators: Validators;
  /** Prints a line of the result. */
  readonly print: (line: string) => void;
  /** Shows one line to people. */
  readonly say: (line: string) => void;
  /** Asks on a terminal; undefined: there is none. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
}

/** `ubugi-hypervisor enrol` and `unenrol`. @returns the exit status */
export async function enrolCommand(
  configurationFile: string,
  request: EnrolRequest,
  ports: EnrolCommandPorts,
): Promise<number> {
  const { print, say } = ports;
  const reading = await loadConfiguration(
    resolve(configurationFile),
    ports.validators.hypervisorConfiguration,
  );
  if (reading.kind === 'invalid') {
    for (const problem of reading.problems) say(formatFileProblem(problem));
    return 1;
  }
  const { libvirt, driveFolder, adapter } = reading.configuration;
  if (adapter !== 'libvirt') {
    say(`ubugi-hypervisor: ${request.action} is for libvirt; the configuration's adapter is ${adapter}`);
    return 1;
  }
  const virsh = createVirsh(runProgram, libvirt.uri);
  try {
    const plans: DomainPlan[] = [];
    for (const domain of await selectDomains(virsh, request)) {
      plans.push(await planDomain(virsh, domain, request.action, driveFolder));
    }
    if (!request.json) for (const plan of plans) showPlan(plan, print);
    const toChange = plans.filter(({ changes }) => changes.length > 0).length;
    if (request.dryRun) return showDryRun(plans, request, ports);
    if (toChange > 0 && !request.yes && !(await isWanted(toChange, ports))) {
      say('ubugi-hypervisor: nothing was changed');
      return 1;
    }
    const outcomes = await applyAll(virsh, plans);
    if (request.json) print(JSON.stringify({ domains: outcomes }));
    else showOutcomes(outcomes, request, print);
    return outcomes.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    say(`ubugi-hypervisor: ${error.message}`);
    return 1;
  }
}

/** Asks on the terminal that standard input and error are; undefined where they are none. */
export function terminalQuestion(): EnrolCommandPorts['ask'] {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(es)?$/i.test((await lines.question(question)).trim());
    } finally {
      lines.close();
    }
  };
}

async function isWanted(count: number, { ask, say }: EnrolCommandPorts): Promise<boolean> {
  if (ask !== undefined) return ask(`Change ${count} domain${count === 1 ? '' : 's'}? [y/N] `);
  say('ubugi-hypervisor: there is no terminal to ask on; give --yes');
  return false;
}

async function applyAll(virsh: Virsh, plans: readonly DomainPlan[]): Promise<readonly DomainOutcome[]> {
  const outcomes: DomainOutcome[] = [];
  for (const plan of plans) outcomes.push(await applyPlan(virsh, plan));
  return outcomes;
}

function showPlan({ name, changes, diff, problem }: DomainPlan, print: (line: string) => void): void {
  if (problem !== undefined || changes.length === 0) return;
  print(oneLine(`${name}: ${changes.join(', ')}`));
  for (const line of diff.split('\n')) print(oneLine(line));
  print('');
}

function showDryRun(
  plans: readonly DomainPlan[],
  { json }: EnrolRequest,
  { print }: EnrolCommandPorts,
): number {
  const failed = plans.filter(({ problem }) => problem !== undefined);
  if (json) {
    const domains = plans.map(({ name, uuid, changes, diff, problem }) => ({
      name,
      uuid,
      outcome: problem !== undefined ? 'failed' : changes.length > 0 ? 'would-change' : 'unchanged',
      changes,
      diff,
      ...(problem === undefined ? {} : { reason: problem }),
    }));
    print(JSON.stringify({ domains }));
  } else {
    for (const { name, problem } of failed) print(oneLine(`${name}: cannot be changed: ${problem}`));
    const changing = plans.filter(({ changes }) => changes.length > 0).length;
    print(`${changing} of ${plans.length} domains would change; nothing was changed (--dry-run)`);
  }
  return failed.length === 0 ? 0 : 1;
}

function showOutcomes(
  outcomes: readonly DomainOutcome[],
  { action }: EnrolRequest,
  print: (line: string) => void,
): void {
  for (const { name, lacks, reason } of outcomes) {
    if (reason !== undefined) print(oneLine(`${name}: failed: ${reason}`));
    for (const lack of lacks) print(oneLine(`${name}: runs, and until its next start: ${lack}`));
  }
  const count = (wanted: DomainOutcome['outcome']): number =>
    outcomes.filter(({ outcome }) => outcome === wanted).length;
  const [done, before] =
    action === 'enrol' ? ['enrolled', 'were enrolled before'] : ['unenrolled', 'had nothing of ours'];
  print(`${count('changed')} ${done}, ${count('unchanged')} ${before}, ${count('failed')} failed`);
}
