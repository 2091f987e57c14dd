import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { AgentParts, ExitStatus } from '../agent.ts';
import { type ApplyResult, applyDrive } from '../apply/apply.ts';
import { ensureFolder } from '../apply/transaction/put-file.ts';
import { rollBack } from '../apply/transaction/rollback.ts';
import type { Drive, DriveReading } from '../configuration/drive.ts';
import { keepDrive } from '../kept-drive/kept-drive.ts';
import { tellConsole } from '../report/console.ts';
import { adoptChannel } from '../report/outbox/channel.ts';
import { sendReports } from '../report/outbox/send-reports.ts';
import { readRefusedMedia } from '../report/refused-media.ts';
import { finishReport, outcomeOf, publishReport } from '../report/report.ts';
import { lastLine, printSummary } from '../report/summary.ts';
import { messageOf } from '../system/system.ts';
import { leftToCloudInit, type Run, readGivenDrive } from './given-drive.ts';
import { problemOf, settle } from './settle.ts';

const lockWaitMs = 30_000;
/** Sending holds the locks of the run: a medium that is changed meanwhile waits for no longer. */
const sendWithinMs = 5000;

/** What every report of a run says. */
type ReportFrame = Pick<
  AgentReport,
  'schema' | 'origin' | 'startedAt' | 'agent' | 'verified' | 'trigger' | 'refusedMedia'
>;

/** `ubugi-agent apply`: makes the machine what the drive says, and reports. */
export function apply(command: Run, parts: AgentParts): ExitStatus {
  const { system, validators, print } = parts;
  const begin = system.clock.monotonic();
  const since = system.clock.now();
  ensureFolder('/run/ubugi', 0o755, system);
  system.host.lock('/run/ubugi/agent.lock', lockWaitMs);
  // A run that was killed midway is taken back before anything is read.
  rollBack(system);
  const reading = readGivenDrive(command, validators, system);
  const frame = reportFrame(command, since, parts);
  if (reading.kind === 'refused') return refuse(reading, { frame, begin }, command, parts);

  const { drive } = reading;
  if (drive.guest.delivery === 'cloud-config')
    return leaveToCloudInit(drive, { frame, begin }, command, parts);
  if (!command.offline) adopt(drive, parts);
  const kept = command.offline
    ? undefined
    : problemOf('the drive is not kept', () => keepDrive(drive, system));
  const { resources, reason: fault, secretLines } = applyOrFail(drive, command, parts);
  const reportWith = (problems: readonly (string | undefined)[]): AgentReport => {
    const reason = problems.filter((problem) => problem !== undefined).join('; ');
    return publish(
      {
        ...frame,
        instance: drive.manifest.instance,
        generation: drive.manifest.generation,
        outcome: reason === '' ? outcomeOf(resources) : 'failed',
        ...(reason === '' ? {} : { reason: reason.slice(0, 2000) }),
        durationMs: Math.round(system.clock.monotonic() - begin),
        resources,
      },
      command,
      parts,
      secretLines,
    );
  };
  let report = reportWith([fault, kept]);
  // After all that cannot wait, and before it is known when to try again.
  if (command.trigger === 'timer' && !command.offline) send(parts);
  const settled = command.offline ? undefined : settle(drive.guest, since, system);
  if (settled !== undefined) report = reportWith([fault, kept, settled]);
  print(command.json ? `${JSON.stringify(report)}\n` : printSummary(report, drive.guest.instance.name));
  // A timer or a medium that changes nothing is not worth a line.
  if (report.outcome !== 'unchanged' || command.trigger === 'boot') {
    tellConsole(lastLine(report, drive.guest.instance.name), command, system);
  }
  return report.outcome === 'failed' ? 1 : 0;
}

function reportFrame(command: Run, since: number, { system, version }: AgentParts): ReportFrame {
  const refusedMedia = readRefusedMedia(system);
  return {
    schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
    origin: 'guest',
    startedAt: new Date(since).toISOString(),
    agent: { version, arch: system.host.describe().arch },
    verified: command.verified,
    ...(command.trigger === undefined ? {} : { trigger: command.trigger }),
    ...(refusedMedia.length === 0 ? {} : { refusedMedia }),
  };
}

/** Nothing is touched. Whose drive it is tells its manifest; without one there is nobody to report about. */
function refuse(
  { reason, manifest }: Extract<DriveReading, { kind: 'refused' }>,
  { frame, begin }: { readonly frame: ReportFrame; readonly begin: number },
  command: Run,
  parts: AgentParts,
): ExitStatus {
  parts.print(`ubugi: refused: ${reason}\n`);
  tellConsole(`ubugi: refused: ${reason}`, command, parts.system);
  if (manifest === undefined) return 2;
  const { instance, generation } = manifest;
  const durationMs = Math.round(parts.system.clock.monotonic() - begin);
  const outcome = 'refused';
  publish(
    { ...frame, instance, generation, outcome, reason: reason.slice(0, 2000), durationMs, resources: [] },
    command,
    parts,
  );
  return 2;
}

/** {@link leftToCloudInit}; nothing but the report is written. */
function leaveToCloudInit(
  { guest, manifest }: Drive,
  { frame, begin }: { readonly frame: ReportFrame; readonly begin: number },
  command: Run,
  parts: AgentParts,
): ExitStatus {
  const { instance, generation } = manifest;
  const report = publish(
    {
      ...frame,
      instance,
      generation,
      outcome: 'skipped',
      reason: leftToCloudInit,
      durationMs: Math.round(parts.system.clock.monotonic() - begin),
      resources: [],
    },
    command,
    parts,
  );
  const line = lastLine(report, guest.instance.name);
  parts.print(command.json ? `${JSON.stringify(report)}\n` : `${line}\n`);
  if (command.trigger === 'boot') tellConsole(line, command, parts.system);
  return 0;
}

/** A fault that no resource stands for, such as a lock that is not given up, is reported too. */
function applyOrFail(drive: Drive, options: Run, { system }: AgentParts): ApplyResult {
  try {
    return applyDrive(drive, options, system);
  } catch (error) {
    return { resources: [], reason: messageOf(error).slice(0, 2000), secretLines: new Set() };
  }
}

/** A full disk must not turn a good run into a failed one: what could not be kept is said. */
function publish(
  raw: AgentReport,
  options: Run,
  { system, print }: AgentParts,
  lines: ReadonlySet<string> = new Set(),
): AgentReport {
  const report = finishReport(raw, { values: [], lines }, system);
  const problem = problemOf('the report was not kept', () => publishReport(report, options, system));
  if (problem !== undefined) print(`ubugi: ${problem}\n`);
  return report;
}

/** Where reports go is the drive's to say; what is wrong with it must not stop the drive. */
function adopt({ folder, manifest }: Drive, { system, print }: AgentParts): void {
  const problem = problemOf('no reports are sent', () => adoptChannel(folder, manifest, system));
  if (problem !== undefined) print(`ubugi: ${problem}\n`);
}

function send({ system, print }: AgentParts): void {
  const problem = problemOf(
    'reports',
    () => sendReports({ dueOnly: true, withinMs: sendWithinMs }, system).problem,
  );
  if (problem !== undefined) print(`ubugi: ${problem}\n`);
}
