import { join } from 'node:path';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type { Validator } from '../../schemas/validation/validator.ts';
import type { MachineAdapter } from '../adapters/machine-adapter.ts';
import { createAttachDrive } from '../attach/attach-drive.ts';
import type { DriveVerifier } from '../attach/drive-verifier.ts';
import type { KnownDrives } from '../drive-files/known-drives.ts';
import { placeDrive } from '../drive-files/place-drive.ts';
import type { HostServer } from '../metadata-server/host-server.ts';
import type { Clock } from '../process/clock.ts';
import { followChanges } from './feed/change-feed.ts';
import { createRunningClaims } from './machines/claim-running.ts';
import { createDriveInspector } from './machines/drive-inspector.ts';
import { followMachines } from './machines/follow-machines.ts';
import { createMachineList } from './machines/machine-list.ts';
import type { OpenFiles } from './machines/open-files.ts';
import { createSettleInstance } from './machines/settle-instance.ts';
import type { BackOffOptions, Random } from './pace/back-off.ts';
import { createInstanceQueue } from './pace/instance-queue.ts';
import { createLimit } from './pace/limit.ts';
import type { Pace } from './pace/token-bucket.ts';
import { createReportForwarder } from './reports/report-forwarder.ts';
import { createReportListeners } from './reports/report-listeners.ts';
import { openReportSpool, type SpoolBounds } from './reports/report-spool.ts';
import { createStateFile } from './state/state-file.ts';
import { openStateKeeper } from './state/state-keeper.ts';
import { createCounters } from './status/counters.ts';
import { beatRegularly } from './status/heartbeat.ts';
import type { HostStatus } from './status/host-status.ts';
import { createProblemBook } from './status/problem-book.ts';
import { createStatusBoard } from './status/status-board.ts';
import { createStatusWriter } from './status/status-writer.ts';

/** What the daemon needs of the world. */
export interface WatchPorts {
  readonly adapter: MachineAdapter;
  readonly server: HostServer;
  readonly knownDrives: KnownDrives;
  readonly verify: DriveVerifier;
  readonly reportValidator: Validator<AgentReport>;
  readonly openFiles: OpenFiles;
  readonly clock: Clock;
  readonly random: Random;
  /** Replaces the host's credential where its time has come. Never throws. */
  readonly rotateWhenDue: () => Promise<void>;
  /** Shows one line to people. */
  readonly log: (line: string) => void;
}

/** Who the daemon is, and the rules that the configuration sets. Times in milliseconds. */
export interface WatchOptions {
  readonly version: string;
  readonly host: string;
  /** The daemon's own folder, which exists. */
  readonly folder: string;
  readonly waitSeconds: number;
  readonly reconcileMs: number;
  readonly heartbeatMs: number;
  readonly removalGraceMs: number;
  readonly lastKnownGoodMs: number;
  readonly spool: SpoolBounds;
  readonly metricsFile: string | undefined;
  /** Between attempts to reach the server, the hypervisor, or a guest. */
  readonly backOff: BackOffOptions;
  /** Of one machine's media swaps. */
  readonly swapDeadlineMs: number;
  /** A file that is no drive of ours is left alone until it has not changed for so long. */
  readonly quietMs: number;
  readonly guestPace: Pace;
}

const fetchesAtATime = 4;
const swapsAtATime = 32;
/** Often enough for `lastKnownGoodDays`, rarely enough for a server with thousands of hosts. */
const mostConfirmMs = 12 * 3_600_000;
const leastConfirmMs = 60_000;
const listDeadlineMs = 30_000;

/**
 * The daemon of a host: follows what the server says of its instances and what the hypervisor says of its machines, and
 * brings the two together, until the signal aborts. All is on disk when it settles.
 * @throws the system's error where state or spool cannot be opened
 */
export async function runWatch(ports: WatchPorts, options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { adapter, server, clock, random, log } = ports;
  const counters = createCounters();
  const problems = createProblemBook(clock.now);
  const keeper = await openStateKeeper(createStateFile(options.folder), clock.now);
  const machines = createMachineList(adapter, listDeadlineMs);
  const spool = await openReportSpool(join(options.folder, 'spool'), options.spool, (instance) => {
    counters.count('droppedReports');
    const problem = 'the oldest reports are dropped, because too many wait for the metadata server';
    if (problems.note('spool', problem)) log(`${problem}; the first is one of instance ${instance}`);
  });
  const board = createStatusBoard(
    { adapter, machines, keeper, problems, spool, counters, now: clock.now },
    { version: options.version, host: options.host },
  );
  const status = createStatusWriter(
    { status: (): HostStatus => board.status(), log },
    { folder: options.folder, metricsFile: options.metricsFile, everyMs: options.heartbeatMs },
  );
  const forwarder = createReportForwarder(
    {
      spool,
      send: async (instance, report) => {
        const delivery = await server.sendReport(instance, report);
        if (delivery.kind === 'taken') problems.note('spool', undefined);
        return delivery;
      },
      counters,
      clock,
      random,
      log,
    },
    options.backOff,
  );
  const keepReport = async (instance: string, report: AgentReport): Promise<void> => {
    await spool.put(instance, Buffer.from(JSON.stringify(report)));
    forwarder.wake();
    status.changed();
  };
  const listeners = createReportListeners(
    { validator: ports.reportValidator, keep: keepReport, counters, clock, random, log },
    { backOff: options.backOff, pace: options.guestPace },
  );
  const settle = createSettleInstance(
    {
      keeper,
      machines,
      adapter,
      attach: createAttachDrive(
        {
          fetchDrive: async (instance, known, boot) => server.fetchDrive(instance, known, boot),
          mergeDrive: async (instance, theirs, boot) => server.mergeDrive(instance, theirs, boot),
          knownDrives: ports.knownDrives,
          verify: ports.verify,
          place: placeDrive,
          now: clock.now,
        },
        { lastKnownGoodMs: options.lastKnownGoodMs },
      ),
      knownDrives: ports.knownDrives,
      claims: createRunningClaims(async (instance) => {
        const known = await ports.knownDrives.record(instance);
        return server.claimRunning(instance, known?.sha256);
      }),
      inspector: createDriveInspector(ports.verify),
      openFiles: ports.openFiles,
      report: async (report) => keepReport(report.instance, report),
      fetchLimit: createLimit(fetchesAtATime),
      swapLimit: createLimit(swapsAtATime),
      counters,
      clock,
      log,
      signal,
    },
    {
      confirmMs: Math.min(mostConfirmMs, Math.max(leastConfirmMs, options.lastKnownGoodMs / 4)),
      removalGraceMs: options.removalGraceMs,
      swapDeadlineMs: options.swapDeadlineMs,
      quietMs: options.quietMs,
    },
  );
  const queue = createInstanceQueue(
    {
      random,
      work: async (instance) => {
        const { problem } = await settle(instance);
        if (signal.aborted) return 'done';
        const name = machines.machine(instance)?.name ?? keeper.instance(instance)?.name ?? instance;
        if (problems.note(instance, problem)) log(`${name}: ${problem ?? 'is as it should be again'}`);
        status.changed();
        return problem === undefined ? 'done' : 'again';
      },
    },
    options.backOff,
  );

  const followServer = async (): Promise<void> =>
    followChanges(
      {
        clock,
        random,
        ask: async (after, wait, aborted) => {
          await ports.rotateWhenDue();
          return server.changes(after, wait, aborted);
        },
        cursor: () => keeper.state().cursor,
        note: async (changes) => {
          for (const instance of keeper.note(changes)) queue.now(instance);
          await keeper.save();
        },
        answered: (problem) => {
          if (problems.note('server', problem)) log(problem ?? 'the metadata server answers again');
          // What waits for the server waits no longer.
          if (board.answered(problem)) forwarder.wake();
          status.changed();
        },
      },
      { waitSeconds: options.waitSeconds, backOff: options.backOff },
      signal,
    );
  const followHost = async (): Promise<void> =>
    followMachines(
      {
        adapter,
        machines,
        clock,
        random,
        listed: (changed) => {
          const problem = machines.problem();
          if (problems.note('adapter', problem)) log(problem ?? `${adapter.name} answers again`);
          listeners.follow(machines.machines());
          const known = new Set([
            ...keeper.state().instances.keys(),
            ...machines.machines().flatMap(({ instance, drive }) => (drive === undefined ? [] : [instance])),
          ]);
          for (const instance of known) {
            if (changed.has(instance)) queue.now(instance);
            else queue.look(instance);
          }
          status.changed();
        },
      },
      { reconcileMs: options.reconcileMs, backOff: options.backOff },
      signal,
    );

  // What hangs in an exchange with the server must not keep the daemon from ending.
  signal.addEventListener('abort', () => server.close(), { once: true });
  // The server is not listened to before it is known which machines there are.
  await machines.refresh(signal);
  await Promise.all([
    followHost(),
    followServer(),
    forwarder.run(signal),
    beatRegularly({ server, beat: () => board.heartbeat(), random, log }, options.heartbeatMs, signal),
    status.run(signal),
  ]);
  await Promise.all([queue.close(), listeners.close()]);
  await keeper.save();
}
