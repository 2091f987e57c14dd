import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { startupSnapshot } from 'node:v8';
import packageJson from '../package.json' with { type: 'json' };
import { createValidators, type Validators } from '../schemas/validation/validator.ts';
import { formatFileProblem } from '../schemas/validation/yaml-document.ts';
import { mostDomainXmlBytes } from './adapters/libvirt/domain-xml.ts';
import { type Command, parseCommandLine, usage } from './command-line.ts';
import { checkConfiguration } from './configuration/check-configuration.ts';
import { loadConfiguration } from './configuration/load-configuration.ts';
import { openHost } from './hook/host.ts';
import { machineFromXml, machineOfProxmox } from './hook/read-machine.ts';
import { runHook } from './hook/run-hook.ts';
import { systemClock } from './process/clock.ts';
import { leaveAtOnce } from './process/leave-at-once.ts';
import { readAll } from './process/standard-input.ts';
import { createSystemLog } from './process/system-log.ts';
import { warmUp } from './warm-up.ts';

const userAgent = `ubugi-hypervisor/${packageJson.version}`;

/** Exit status for a command line that cannot be understood. */
const usageStatus = 2;

async function run(argv: readonly string[], validators: () => Validators): Promise<number> {
  const command = parseCommandLine(argv, process.env);
  switch (command.kind) {
    case 'hook':
      return hook(command, validators);
    case 'check-config': {
      const file = resolve(command.configurationFile);
      const reading = await loadConfiguration(file, validators().hypervisorConfiguration);
      const problems = await checkConfiguration(reading, file);
      for (const problem of problems) say(2, formatFileProblem(problem));
      if (problems.length === 0) say(1, `${file} is good, and so is every file that it names`);
      return problems.length === 0 ? 0 : 1;
    }
    case 'watch': {
      // Loaded by itself: the hook starts without it.
      const { watchCommand } = await import('./watch/watch-command.ts');
      return watchCommand(resolve(command.configurationFile), {
        validators: validators(),
        version: packageJson.version,
        say: (line) => say(2, line),
      });
    }
    case 'status': {
      const { statusCommand } = await import('./watch/status/status-command.ts');
      return statusCommand(resolve(command.configurationFile), command.json, {
        validator: validators().hypervisorConfiguration,
        now: systemClock.now,
        print: (text) => writeSync(1, text),
        say: (line) => say(2, line),
      });
    }
    case 'join': {
      const { joinCommand } = await import('./credential/join-command.ts');
      return joinCommand(command, { validators: validators(), userAgent, say: (line) => say(2, line) });
    }
    case 'enrol': {
      const { enrolCommand, terminalQuestion } = await import('./enrol/enrol-command.ts');
      return enrolCommand(command.configurationFile, command.request, {
        validators: validators(),
        print: (line) => say(1, line),
        say: (line) => say(2, line),
        ask: terminalQuestion(),
      });
    }
    case 'version':
      say(1, `ubugi-hypervisor ${packageJson.version} (node ${process.version})`);
      return 0;
    case 'help':
      writeSync(1, usage);
      return 0;
    case 'unknown':
      say(2, `ubugi-hypervisor: ${command.message}; see ubugi-hypervisor --help`);
      return usageStatus;
  }
}

async function hook(
  command: Extract<Command, { kind: 'hook' }>,
  validators: () => Validators,
): Promise<number> {
  // Before anything can fail: a failing `reconnect` kills the running VM.
  if (command.phase !== (command.source === 'libvirt' ? 'prepare begin' : 'pre-start')) return 0;

  const log = createSystemLog();
  const file = resolve(command.configurationFile);
  const ports = {
    validators: validators(),
    clock: systemClock,
    userAgent,
  };
  const verdict = await runHook(command.domain, {
    clock: systemClock,
    readMachine: async (reading) =>
      command.source === 'libvirt'
        ? machineFromXml(await readAll(process.stdin, mostDomainXmlBytes))
        : machineOfProxmox(command.domain, reading),
    loadConfiguration: () => loadConfiguration(file, ports.validators.hypervisorConfiguration),
    openHost: (configuration, fetchBudgetMs) => openHost(configuration, ports, fetchBudgetMs),
    warn: (line) => {
      say(2, line);
      void log(line);
    },
    end: ({ status, line }) => {
      say(2, line);
      leaveAtOnce(status);
    },
  });
  if (verdict === undefined) return 0;
  say(2, verdict.line);
  if (verdict.status === 0) await log(verdict.line);
  return verdict.status;
}

function say(descriptor: 1 | 2, line: string): void {
  writeSync(descriptor, `${line}\n`);
}

async function main(validators: () => Validators): Promise<void> {
  process.exitCode = 1;
  try {
    process.exitCode = await run(process.argv.slice(2), validators);
  } catch (error) {
    say(
      2,
      `ubugi-hypervisor: internal error: ${error instanceof Error ? error.message : 'unknown'}; please report it`,
    );
  }
}

if (startupSnapshot.isBuildingSnapshot()) {
  // Compiled schemas and warm code become part of the executable: starting it compiles nothing.
  const validators = createValidators();
  warmUp(validators);
  startupSnapshot.setDeserializeMainFunction(() => void main(() => validators));
} else {
  void main(createValidators);
}
