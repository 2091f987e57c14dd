import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { formatFileProblem } from '../../schemas/validation/yaml-document.ts';
import type { Domain } from '../adapters/libvirt/domain-xml.ts';
import { chooseDrive, chooseMarkedDrive, type DriveChoice } from '../adapters/libvirt/drive-choice.ts';
import type { AttachDecision } from '../attach/attach-decision.ts';
import {
  type Configuration,
  type ConfigurationReading,
  defaultDeadlineMs,
  defaultDriveFolder,
} from '../configuration/configuration.ts';
import { inspectMedium } from '../drive-files/inspect-medium.ts';
import { bootKind } from '../drive-files/nova-drive.ts';
import { systemErrorCode } from '../drive-files/read-regular-file.ts';
import type { Clock } from '../process/clock.ts';
import { startWatchdog, type Verdict, type Watchdog } from '../process/watchdog.ts';
import { missingVerdict, type Trouble, warningLine } from './hook-line.ts';
import type { Host, HostOpening } from './host.ts';

/** What the hook needs of the process and its host. */
export interface HookPorts {
  readonly clock: Clock;
  /** The machine, told like a domain, from what its hypervisor gives the hook. Never throws. */
  readonly readMachine: (configuration: ConfigurationReading) => Promise<HookMachine>;
  readonly loadConfiguration: () => Promise<ConfigurationReading>;
  readonly openHost: (configuration: Configuration, fetchBudgetMs: () => number) => Promise<HostOpening>;
  /** Shows a warning to people: standard error and the host's log. */
  readonly warn: (line: string) => void;
  /** Shows the line and leaves the process at once. */
  readonly end: (verdict: Verdict) => void;
}

/** The machine that is about to start, or why it cannot be told, as half a sentence each. */
export type HookMachine =
  | { readonly kind: 'domain'; readonly domain: Domain }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly remedy: string };

/** Of the deadline, what fetching may use: the rest is for the last known good drive. */
const fetchShare = 0.8;

/** A report is worth no more of a start, in milliseconds. */
const mostReportMs = 1000;

/**
 * Before a start, whatever hypervisor it is (libvirt's `prepare begin`): makes sure that the machine's config drive is in
 * place and verified. Never calls the hypervisor, which waits for the hook. Ends by the deadline.
 * @param domain its name, for messages
 */
export async function runHook(domain: string, ports: HookPorts): Promise<Verdict | undefined> {
  const late = (seconds: number): Trouble => ({
    reason: `its config drive was not ready within ${seconds} s`,
    remedy: 'see to the disks of this host and the metadata server, then start it again',
  });
  const watchdog = startWatchdog(ports.clock, ports.end, {
    deadlineMs: defaultDeadlineMs,
    verdict: missingVerdict(domain, 'refuse', late(defaultDeadlineMs / 1000)),
  });
  try {
    const reading = await ports.loadConfiguration();
    const parsed = await ports.readMachine(reading);
    if (parsed.kind === 'unreadable') return missingVerdict(domain, 'refuse', parsed);
    if (reading.kind === 'invalid') return withoutConfiguration(domain, parsed.domain, reading);

    const { configuration } = reading;
    watchdog.setDeadline(configuration.deadlineMs);
    const missing = (trouble: Trouble): Verdict => missingVerdict(domain, configuration.onMissing, trouble);
    watchdog.setVerdict(missing(late(configuration.deadlineMs / 1000)));
    const choice = await chooseDrive(parsed.domain, configuration.driveFolder, inspectMedium);
    if (choice.kind === 'none') return undefined;
    if (choice.kind === 'unusable') {
      return missing({
        reason: choice.reason,
        remedy: 'correct the domain: one CD-ROM with a file is its drive',
      });
    }
    return await prepareDrive(
      { domain, instance: parsed.domain.uuid, choice, configuration, watchdog },
      missing,
      ports,
    );
  } finally {
    watchdog.stop();
  }
}

/** Without a configuration only a domain that is surely ours is refused: the others must not suffer for it. */
function withoutConfiguration(
  name: string,
  domain: Domain,
  { problems }: Extract<ConfigurationReading, { kind: 'invalid' }>,
): Verdict | undefined {
  if (chooseMarkedDrive(domain, defaultDriveFolder).kind === 'none') return undefined;
  const [first] = problems;
  const what = first === undefined ? '' : `: ${formatFileProblem(first)}`;
  const others = problems.length > 1 ? ` (and ${problems.length - 1} more problems)` : '';
  return missingVerdict(name, 'refuse', {
    reason: `the configuration is wrong${what}${others}`,
    remedy: 'run ubugi-hypervisor check-config',
  });
}

interface Start {
  readonly domain: string;
  readonly instance: string;
  readonly choice: Extract<DriveChoice, { kind: 'drive' }>;
  readonly configuration: Configuration;
  readonly watchdog: Watchdog;
}

async function prepareDrive(
  { domain, instance, choice, configuration, watchdog }: Start,
  missing: (trouble: Trouble) => Verdict,
  ports: HookPorts,
): Promise<Verdict | undefined> {
  const startedAt = ports.clock.now();
  const reserveMs = configuration.deadlineMs * (1 - fetchShare);
  const opening = await ports.openHost(configuration, () => Math.max(0, watchdog.remainingMs() - reserveMs));
  if (opening.kind === 'unusable') {
    return missing({ reason: opening.reason, remedy: 'run ubugi-hypervisor check-config' });
  }
  const { host } = opening;
  try {
    const { decision, answer, serverReached } = await host.attach(instance, choice.path);
    if (decision.kind === 'missing') {
      const foreign = choice.certainty === 'guessed' && answer === 'unknown-instance';
      return foreign ? undefined : missing(decision);
    }
    // From here on the start goes on, whatever else fails.
    watchdog.setVerdict({
      status: 0,
      line: warningLine(domain, 'the record or the report was not written in time'),
    });
    if (decision.warning !== undefined) ports.warn(warningLine(domain, decision.warning));
    // The drive of a rescue is not what the instance boots from afterwards.
    if (bootKind(choice.path) === 'boot') {
      await remember(host, instance, decision).catch((error: unknown) => {
        ports.warn(warningLine(domain, `its drive was not kept for later (${systemErrorCode(error)})`));
      });
    }
    const withinMs = Math.min(mostReportMs, watchdog.remainingMs() / 2);
    const isTaken =
      serverReached &&
      (await host.server?.report(attachedReport(instance, decision, startedAt, ports.clock), withinMs));
    if (isTaken !== true) await host.knownDrives.noteUnreported(instance);
    return undefined;
  } finally {
    host.server?.close();
  }
}

type Attached = Extract<AttachDecision, { kind: 'attach' }>;

async function remember(host: Host, instance: string, { drive, confirmedAt }: Attached): Promise<void> {
  const { effective, sha256, image } = drive;
  await host.knownDrives.remember(instance, { generation: effective, sha256, confirmedAt }, image);
}

function attachedReport(instance: string, decision: Attached, startedAt: Date, clock: Clock): AgentReport {
  return {
    schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
    instance,
    generation: decision.drive.generation,
    origin: 'hypervisor',
    outcome: 'attached',
    ...(decision.warning === undefined ? {} : { reason: decision.warning.slice(0, 2000) }),
    startedAt: startedAt.toISOString(),
    durationMs: Math.max(0, clock.now().getTime() - startedAt.getTime()),
    verified: true,
    resources: [],
  };
}
