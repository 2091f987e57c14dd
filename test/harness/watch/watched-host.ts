import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDriveVerifier } from '../../../hypervisor-hook/attach/drive-verifier.ts';
import { createKnownDrives } from '../../../hypervisor-hook/drive-files/known-drives.ts';
import { createHostServer } from '../../../hypervisor-hook/metadata-server/host-server.ts';
import { createTransport } from '../../../hypervisor-hook/metadata-server/transport.ts';
import { systemClock } from '../../../hypervisor-hook/process/clock.ts';
import type { HostStatus } from '../../../hypervisor-hook/watch/status/host-status.ts';
import { runWatch, type WatchOptions } from '../../../hypervisor-hook/watch/watch-daemon.ts';
import { parseAllowedSigners } from '../../../schemas/drive-format/allowed-signers.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { createDriveMaker, type DriveMaker } from '../signed-drive.ts';
import type { FakeMachines } from './fake-machines.ts';

/** The host's name in tests. */
export const hostName = 'hv-07';

/** A daemon that runs in this process. */
export interface RunningWatch {
  /** What it logged. */
  readonly lines: readonly string[];
  /** Ends it as SIGTERM does; settles when it has ended. */
  stop(): Promise<void>;
}

/** A host's folders, and daemons on it. */
export interface WatchedHost {
  readonly folder: string;
  readonly driveFolder: string;
  readonly stateFolder: string;
  readonly maker: DriveMaker;
  /** Path of an instance's drive. */
  readonly drive: (instance: string) => string;
  /** What lies there. */
  read(instance: string): Promise<Buffer | undefined>;
  status(): Promise<HostStatus>;
  watch(url: string, machines: FakeMachines, options?: Partial<WatchOptions>): RunningWatch;
  remove(): Promise<void>;
}

/** What a real server knows its host by. */
export interface HostIdentity {
  /** Content of its allowed signers file. */
  readonly trustedSigners: string;
  readonly token: string;
  readonly name: string;
}

/** Makes a host in a scratch folder. @param identity absent: one that trusts its own {@link WatchedHost.maker} */
export async function createWatchedHost(identity?: HostIdentity): Promise<WatchedHost> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-watch-'));
  const driveFolder = join(folder, 'drives');
  const stateFolder = join(folder, 'state');
  const watchFolder = join(stateFolder, 'watch');
  await mkdir(driveFolder);
  await mkdir(watchFolder, { recursive: true });
  const maker = await createDriveMaker(folder);
  const validators = createValidators();
  const signers = parseAllowedSigners(identity?.trustedSigners ?? maker.trustedSigners);
  if (signers.kind === 'invalid') throw new Error('the maker has no good signers');
  const running = new Set<RunningWatch>();
  const drive = (instance: string): string => join(driveFolder, `${instance}.iso`);

  return {
    folder,
    driveFolder,
    stateFolder,
    maker,
    drive,
    read: async (instance) => readFile(drive(instance)).catch(() => undefined),
    status: async () => JSON.parse(await readFile(join(watchFolder, 'status.json'), 'utf8')) as HostStatus,
    watch(url, machines, options = {}) {
      const end = new AbortController();
      const lines: string[] = [];
      const ended = (async () => {
        const keepMs = options.lastKnownGoodMs ?? 7 * 86_400_000;
        await runWatch(
          {
            adapter: machines.adapter,
            openFiles: machines.openFiles,
            server: createHostServer(
              {
                polling: await createTransport(new URL(url), undefined),
                transport: await createTransport(new URL(url), undefined, 16),
                token: async () => identity?.token ?? `ubugi_${'a'.repeat(43)}`,
              },
              { host: identity?.name ?? hostName, userAgent: 'ubugi-test' },
            ),
            knownDrives: createKnownDrives({ stateFolder, keepMs, keepGenerations: 3 }),
            verify: createDriveVerifier(validators, signers.signers, systemClock.now),
            reportValidator: validators.agentReport,
            clock: systemClock,
            random: Math.random,
            rotateWhenDue: async () => undefined,
            log: (line) => lines.push(line),
          },
          {
            version: '1.2.3',
            host: identity?.name ?? hostName,
            folder: watchFolder,
            waitSeconds: 60,
            reconcileMs: 300,
            heartbeatMs: 300,
            removalGraceMs: 3_600_000,
            lastKnownGoodMs: keepMs,
            spool: { mostPerMachine: 100, mostBytesPerMachine: 1_000_000, mostBytes: 10_000_000 },
            metricsFile: undefined,
            backOff: { firstMs: 20, mostMs: 200 },
            swapDeadlineMs: 20_000,
            quietMs: 200,
            guestPace: { burst: 20, everyMs: 50 },
            ...options,
          },
          end.signal,
        );
      })();
      const watch: RunningWatch = {
        lines,
        async stop() {
          end.abort();
          running.delete(watch);
          await ended;
        },
      };
      running.add(watch);
      return watch;
    },
    async remove() {
      await Promise.all([...running].map(async (watch) => watch.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
