import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { readApplied } from './apply/applied.ts';
import { type ApplyResult, applyDrive, planDrive } from './apply/apply.ts';
import { ensureFolder } from './apply/put-file.ts';
import { rollBack } from './apply/rollback.ts';
import { type Command, parseCommandLine } from './command-line.ts';
import { machineIds, objectionTo } from './configuration/admission.ts';
import { type Drive, type DriveReading, type DriveValidators, readDrive } from './configuration/drive.ts';
import { dropOtherDrives, keepDrive, keptDrive } from './kept-drive/kept-drive.ts';
import { observeMachine } from './plan/machine.ts';
import { adoptChannel } from './report/outbox/channel.ts';
import { nextSend } from './report/outbox/next-send.ts';
import { sendReports, sendReportsCommand } from './report/outbox/send-reports.ts';
import { planJson, printPlan } from './report/print-plan.ts';
import { readRefusedMedia } from './report/refused-media.ts';
import { finishReport, outcomeOf, publishReport } from './report/report.ts';
import { lastLine, printSummary } from './report/summary.ts';
import { pendingScripts } from './resources/scripts/scripts.ts';
import { type Ending, endingsPath, parseEndings } from './schedule/endings.ts';
import { firstMoment, nextRepair } from './schedule/moments.ts';
import { nextDue } from './schedule/next-due.ts';
import { arrangeWake } from './schedule/wake.ts';
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
const consoleWaitMs = 1000;
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
    const reading = admit(readGiven(command), command);
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
    const reading = admit(readGiven(command), command);
    const refusedMedia = readRefusedMedia(system);
    const base = {
      schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
      origin: 'guest',
      startedAt,
      agent: { version, arch: system.host.describe().arch },
      verified: command.verified,
      ...(command.trigger === undefined ? {} : { trigger: command.trigger }),
      ...(refusedMedia.length === 0 ? {} : { refusedMedia }),
    } as const;
    if (reading.kind === 'refused') {
      print(`ubugi: refused: ${reading.reason}\n`);
      tellConsole(`ubugi: refused: ${reading.reason}`, command);
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
    const kept = command.offline
      ? undefined
      : problemOf('the drive is not kept', () => keepDrive(drive, system));
    const { resources, reason: fault, secretLines } = applyOrFail(drive, command);
    const settled = command.offline ? undefined : settle(drive, command, Date.parse(startedAt));
    const problems = [fault, kept, settled].filter((problem) => problem !== undefined);
    const reason = problems.length === 0 ? undefined : problems.join('; ').slice(0, 2000);
    const raw: AgentReport = {
      ...base,
      instance: drive.manifest.instance,
      generation: drive.manifest.generation,
      outcome: reason === undefined ? outcomeOf(resources) : 'failed',
      ...(reason === undefined ? {} : { reason }),
      durationMs: Math.round(system.clock.monotonic() - begin),
      resources,
    };
    const before = nextSend(false, system);
    const report = publish(raw, command, secretLines);
    const send = nextSend(false, system);
    if (command.trigger === 'timer' && !command.offline && send !== before) {
      const problem = arrange(drive, send, Date.parse(startedAt));
      if (problem !== undefined) print(`ubugi: ${problem}\n`);
    }
    print(command.json ? `${JSON.stringify(report)}\n` : printSummary(report, drive.guest.instance.name));
    // A timer or a medium that changes nothing is not worth a line.
    if (report.outcome !== 'unchanged' || command.trigger === 'boot') {
      tellConsole(lastLine(report, drive.guest.instance.name), command);
    }
    return report.outcome === 'failed' ? 1 : 0;
  }

  /** The drive that was named, or else the one that was applied last. */
  function readGiven({ drive }: Run): DriveReading {
    const folder = drive ?? keptDrive(system);
    return folder === undefined
      ? { kind: 'refused', reason: 'no drive is kept on this machine: name one with --drive DIR' }
      : readDrive(folder, validators, system);
  }

  /**
   * What goes on after a run: one drive stays, and the machine wakes when something is due.
   *
   * @param since when the run began: what has fallen due since may not have been done. @returns what does not go on.
   */
  function settle(drive: Drive, { trigger }: Run, since: number): string | undefined {
    return (
      problemOf('older drives are not removed', () => dropOtherDrives(system)) ??
      // A timer that finds nothing to do queues no report; one that does arranges it itself, see `apply`.
      arrange(drive, nextSend(trigger !== 'timer', system), since)
    );
  }

  /** @param send when reports are to be sent. @returns why the machine will not wake, if so. */
  function arrange({ guest }: Drive, send: number | undefined, since: number): string | undefined {
    const moments = [nextRepair(guest, since), nextDue(endings(), guest, since), send];
    return problemOf('the next run is not arranged', () =>
      arrangeWake(firstMoment(moments, system.clock.now()), system),
    );
  }

  function endings(): readonly Ending[] {
    const isThere = system.files.entry(endingsPath) !== undefined;
    return isThere ? parseEndings(system.files.readText(endingsPath)) : [];
  }

  /** @param act returns why it cannot be done, if so, or throws. */
  function problemOf(what: string, act: () => string | undefined | void): string | undefined {
    try {
      const problem = act();
      return problem === undefined ? undefined : `${what}: ${problem}`;
    } catch (error) {
      return `${what}: ${messageOf(error)}`;
    }
  }

  /** A fault that no resource stands for, such as a lock that is not given up, is reported too. */
  function applyOrFail(drive: Drive, options: Run): ApplyResult {
    try {
      return applyDrive(drive, options, system);
    } catch (error) {
      return { resources: [], reason: messageOf(error).slice(0, 2000), secretLines: new Set() };
    }
  }

  /** Refuses what is genuine, but not for this machine now. A root that is not running is not this machine. */
  function admit(reading: DriveReading, { offline, instance }: Run): DriveReading {
    if (reading.kind === 'refused') return reading;
    const reason = objectionTo(reading.drive, {
      applied: readApplied(system),
      machine: offline ? [] : instance === undefined ? machineIds(system) : [instance],
      now: system.clock.now(),
    });
    return reason === undefined ? reading : { kind: 'refused', reason, manifest: reading.drive.manifest };
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

  /** One line on the console, of a run that nobody called by hand. */
  function tellConsole(line: string, { offline, trigger }: Run): void {
    const device = '/dev/console';
    if (offline || trigger === undefined || system.files.entry(device) === undefined) return;
    try {
      system.host.send(device, `${line.replace(/[^ -~]+/g, ' ').slice(0, 500)}\n`, consoleWaitMs);
    } catch {
      // Not every machine has one.
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
