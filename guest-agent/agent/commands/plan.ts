import type { AgentParts, ExitStatus } from '../agent.ts';
import { planDrive } from '../apply/apply.ts';
import { observeMachine } from '../plan/machine.ts';
import { planJson, printPlan } from '../report/print-plan.ts';
import { pendingScripts } from '../resources/scripts/scripts.ts';
import { leftToCloudInit, type Run, readGivenDrive } from './given-drive.ts';

/** `ubugi-agent plan`: says what would be done, and does nothing. */
export function plan(command: Run, { system, validators, print }: AgentParts): ExitStatus {
  const reading = readGivenDrive(command, validators, system);
  if (reading.kind === 'refused') {
    print(`ubugi: refused: ${reading.reason}\n`);
    return 2;
  }
  if (reading.drive.guest.delivery === 'cloud-config') {
    print(
      command.json
        ? `${JSON.stringify({ resources: [], skipped: leftToCloudInit })}\n`
        : `Nothing to do: ${leftToCloudInit}.\n`,
    );
    return 0;
  }
  const machine = observeMachine(system, command);
  const planned = planDrive(reading.drive, machine, system);
  const scripts = pendingScripts(reading.drive, system).map(({ name }) => name);
  print(command.json ? planJson(planned, scripts) : printPlan(planned, scripts, machine.files));
  return planned.resources.some(({ problems }) => problems.length > 0) ? 1 : 0;
}
