import { parseCommandLine } from './command-line.ts';
import { apply } from './commands/apply.ts';
import { plan } from './commands/plan.ts';
import type { DriveValidators } from './configuration/drive.ts';
import { sendReportsCommand } from './report/outbox/send-reports.ts';
import type { System } from './system/system.ts';

/** Exit status: all is as wanted, something failed, the drive or the call was refused. */
export type ExitStatus = 0 | 1 | 2;

/** What the agent is made of. */
export interface AgentParts {
  readonly system: System;
  readonly validators: DriveValidators;
  readonly version: string;
  readonly print: (text: string) => void;
}

/** Makes the agent. @returns a function from command-line arguments to exit status. */
export function createAgent(parts: AgentParts): (given: readonly string[]) => ExitStatus {
  const { system, version, print } = parts;
  return (given) => {
    const command = parseCommandLine(given);
    switch (command.kind) {
      case 'version':
        print(`ubugi-agent ${version} ${system.host.describe().arch}\n`);
        return 0;
      case 'wrong':
        print(`${command.message}\n`);
        return 2;
      case 'plan':
        return plan(command, parts);
      case 'apply':
        return apply(command, parts);
      case 'send-reports':
        return sendReportsCommand(print, system);
    }
  };
}
