import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { appliedPath, parseApplied } from './apply/applied.ts';
import { type ApplyResult, applyDrive, planDrive } from './apply/apply.ts';
import { ensureFolder } from './apply/put-file.ts';
import { rollBack } from './apply/rollback.ts';
import { type Command, parseCommandLine } from './command-line.ts';
import { type Drive, type DriveReading, type DriveValidators, readDrive } from './configuration/drive.ts';
import { observeMachine } from './plan/machine.ts';
import { adoptChannel } from './report/outbox/channel.ts';
import { sendReports, sendReportsCommand } from './report/outbox/send-reports.ts';
import { planJson, printPlan } from './report/print-plan.ts';
import { finishReport, outcomeOf, publishReport } from './report/report.ts';
import { printSummary } from './report/summary.ts';
import { pendingScripts } from './resources/scripts/scripts.ts';
import { messageOf, type System } from './system/system.ts';

/** Exit status: all is as wanted, something failed, the drive or the call was refused. */
export type ExitStatus = 0 | 1 | 2;

/** What the agent is made of. */
export interface AgentParts {
  readonly system: System;
  readonly validators: DriveValidators;
  readonly version: string;
  readonly print: (text: string) => void;
}

const lockWaitMs = 30_000;
type Run = Extract<Command, { kind: 'plan' | 'apply' }>;

/** Makes the agent. @returns a function from command-line arguments to exit status. */
export function createAgent({
  system,
  validators,
  version,
  print,
}: AgentParts): (given: readonly string[]) => ExitStatus {
  return (given) => {
    const command = parseCommandLine(given);
    if (command.kind === 'version') {
      print(`ubugi-agent ${version} ${system.host.describe().arch}\n`);
      return 0;
    }
    if (command.kind === 'wrong') {
      print(`${command.message}\n`);
      return 2;
    }
    if (command.kind === 'send-reports') return sendReportsCommand(print, system);
    return command.kind === 'plan' ? plan(command) : apply(command);
  };

  function plan(command: Run): ExitStatus {
    const reading = admit(readDrive(command.drive, validators, system));
    if (reading.kind === 'refused') {
      print(`ubugi: refused: ${reading.reason}\n`);
      return 2;
    }
    const planned = planDrive(reading.drive, command, system);
    const scripts = pendingScripts(reading.drive, system).map(({ name }) => name);
    const { files } = observeMachine(system, command);
    print(command.json ? planJson(planned, scripts) : printPlan(planned, scripts, files));
    return planned.resources.some(({ problems }) => problems.length > 0) ? 1 : 0;
  }

  function apply(command: Run): ExitStatus {
    // Before the lock: whoever waits for it must not wait for a server too.
    if (command.trigger === 'timer' && !command.offline) sendDue();
    const begin = system.clock.monotonic();
    const startedAt = new Date(system.clock.now()).toISOString();
    ensureFolder('/run/ubugi', 0o755, system);
    system.host.lock('/run/ubugi/agent.lock', lockWaitMs);
    // A run that was killed midway is taken back before anything is read.
    rollBack(system);
    const reading = admit(readDrive(command.drive, validators, system));
    const base = {
      schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
      origin: 'guest',
      startedAt,
      agent: { version, arch: system.host.describe().arch },
      verified: command.verified,
      ...(command.trigger === undefined ? {} : { trigger: command.trigger }),
    } as const;
    if (reading.kind === 'refused') {
      print(`ubugi: refused: ${reading.reason}\n`);
      if (reading.manifest !== undefined) {
        const { instance, generation } = reading.manifest;
        const durationMs = Math.round(system.clock.monotonic() - begin);
        publish(
          {
            ...base,
            instance,
            generation,
            outcome: 'refused',
            reason: reading.reason.slice(0, 2000),
            durationMs,
            resources: [],
          },
          command,
        );
      }
      return 2;
    }
    const { drive } = reading;
    if (!command.offline) adopt(drive);
    const { resources, reason, secretLines } = applyOrFail(drive, command);
    const raw: AgentReport = {
      ...base,
      instance: drive.manifest.instance,
      generation: drive.manifest.generation,
      outcome: reason === undefined ? outcomeOf(resources) : 'failed',
      ...(reason === undefined ? {} : { reason }),
      durationMs: Math.round(system.clock.monotonic() - begin),
      resources,
    };
    const report = publish(raw, command, secretLines);
    print(command.json ? `${JSON.stringify(report)}\n` : printSummary(report, drive.guest.instance.name));
    return report.outcome === 'failed' ? 1 : 0;
  }

  /** A fault that no resource stands for, such as a lock that is not given up, is reported too. */
  function applyOrFail(drive: Drive, options: Run): ApplyResult {
    try {
      return applyDrive(drive, options, system);
    } catch (error) {
      return { resources: [], reason: messageOf(error).slice(0, 2000), secretLines: new Set() };
    }
  }

  /** Refuses a generation older than the one that was applied last to this instance. */
  function admit(reading: DriveReading): DriveReading {
    if (reading.kind === 'refused') return reading;
    const { manifest }: Drive = reading.drive;
    const text =
      system.files.entry(appliedPath) === undefined ? undefined : system.files.readText(appliedPath);
    const applied = parseApplied(text);
    if (
      applied === undefined ||
      applied.instance !== manifest.instance ||
      applied.generation <= manifest.generation
    ) {
      return reading;
    }
    const reason = `generation ${manifest.generation} is older than generation ${applied.generation}, which was applied here; attach the newest drive`;
    return { kind: 'refused', reason, manifest };
  }

  /** A full disk must not turn a good run into a failed one: what could not be kept is said. */
  function publish(raw: AgentReport, options: Run, lines: ReadonlySet<string> = new Set()): AgentReport {
    const report = finishReport(raw, { values: [], lines }, system);
    try {
      publishReport(report, options, system);
    } catch (error) {
      print(`ubugi: the report was not kept: ${messageOf(error)}\n`);
    }
    return report;
  }

  /** Where reports go is the drive's to say; what is wrong with it must not stop the drive. */
  function adopt({ folder, manifest }: Drive): void {
    try {
      const problem = adoptChannel(folder, manifest, system);
      if (problem !== undefined) print(`ubugi: no reports are sent: ${problem}\n`);
    } catch (error) {
      print(`ubugi: no reports are sent: ${messageOf(error)}\n`);
    }
  }

  function sendDue(): void {
    try {
      const { problem } = sendReports({ dueOnly: true }, system);
      if (problem !== undefined) print(`ubugi: reports: ${problem}\n`);
    } catch (error) {
      print(`ubugi: reports: ${messageOf(error)}\n`);
    }
  }
}
