import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Validators } from '../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../schemas/validation/yaml-document.ts';
import { openMachineAdapter } from '../adapters/open-machine-adapter.ts';
import { createDriveVerifier } from '../attach/drive-verifier.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { loadConfiguration } from '../configuration/load-configuration.ts';
import { readServerToken } from '../configuration/server-token.ts';
import { readTrustedSigners } from '../configuration/trusted-signers.ts';
import { createAnnounceSecret } from '../credential/announce-secret.ts';
import { openCredential } from '../credential/open-credential.ts';
import { createKnownDrives } from '../drive-files/known-drives.ts';
import { createHostServer } from '../metadata-server/host-server.ts';
import { createTransport } from '../metadata-server/transport.ts';
import { systemClock } from '../process/clock.ts';
import { oneLine } from '../process/one-line.ts';
import { createOpenFiles } from './machines/open-files.ts';
import { takeHostLock } from './state/host-lock.ts';
import { runWatch, type WatchOptions } from './watch-daemon.ts';
import { lockFileName, watchFolder } from './watch-folder.ts';

/** What the command needs of the process. */
export interface WatchCommandPorts {
  readonly validators: Validators;
  /** Of the program. */
  readonly version: string;
  /** Shows one line to people. */
  readonly say: (line: string) => void;
}

/** More than ever ask at a time: fetches, reports, heartbeat. */
const mostConnections = 16;
/** `ubugi-hypervisor status` holds the lock for a moment. */
const lockWaitSeconds = 2;

/**
 * `ubugi-hypervisor watch`: runs the daemon until SIGTERM or SIGINT. @param file absolute path of the configuration
 * @returns the exit status
 */
export async function watchCommand(
  file: string,
  { validators, version, say }: WatchCommandPorts,
): Promise<number> {
  const fail = (line: string): number => {
    say(oneLine(`ubugi-hypervisor: ${line}`));
    return 1;
  };
  const reading = await loadConfiguration(file, validators.hypervisorConfiguration);
  if (reading.kind === 'invalid') {
    for (const problem of reading.problems) say(formatFileProblem(problem));
    return 1;
  }
  const { configuration } = reading;
  const signers = await readTrustedSigners(configuration.trustedSigners);
  if (signers.kind === 'unusable') return fail(`${signers.reason}; run ubugi-hypervisor check-config`);

  const folder = watchFolder(configuration.stateFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await takeHostLock(join(folder, lockFileName), lockWaitSeconds);
  if (lock === undefined)
    return fail('another watch runs on this host with the same stateFolder; stop it first');

  const end = new AbortController();
  const stop = (): void => end.abort();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  try {
    const { server } = configuration;
    const host = configuration.host ?? hostname();
    say(`ubugi-hypervisor ${version} watches ${host} for ${server.url.href}`);
    const knownDrives = createKnownDrives({
      stateFolder: configuration.stateFolder,
      keepMs: configuration.lastKnownGoodMs,
      keepGenerations: configuration.watch.keepGenerations,
    });
    const announce = createAnnounceSecret(await createTransport(server.url, server.caFile), {
      host,
      userAgent: `ubugi-hypervisor/${version}`,
    });
    const credential = openCredential({ clock: systemClock, announce }, server.tokenFile);
    await runWatch(
      {
        adapter: openMachineAdapter(configuration, end.signal),
        server: createHostServer(
          {
            polling: await createTransport(server.url, server.caFile),
            transport: await createTransport(server.url, server.caFile, mostConnections),
            token: async () => presentToken(server.tokenFile),
          },
          { host, userAgent: `ubugi-hypervisor/${version}` },
        ),
        knownDrives,
        verify: createDriveVerifier(validators, signers.signers, systemClock.now),
        reportValidator: validators.agentReport,
        openFiles: createOpenFiles(),
        clock: systemClock,
        random: Math.random,
        rotateWhenDue: async () => {
          const outcome = await credential.rotateWhenDue();
          if (outcome.kind === 'rotated') say('the credential of this host was replaced by the next one');
          if (outcome.kind === 'failed')
            say(oneLine(`the credential of this host was not replaced: ${outcome.reason}`));
        },
        log: (line) => say(oneLine(line)),
      },
      { ...watchOptions(configuration), version, host, folder },
      end.signal,
    );
    return 0;
  } finally {
    await lock.release();
  }
}

/** Read at each use: an operator may put a new one there. @throws Error whose message is half a sentence */
async function presentToken(file: string): Promise<string> {
  const reading = await readServerToken(file);
  if (reading.kind === 'unusable') throw new Error(reading.reason);
  return reading.token;
}

function watchOptions({
  watch,
  lastKnownGoodMs,
}: Configuration): Omit<WatchOptions, 'version' | 'host' | 'folder'> {
  return {
    waitSeconds: watch.waitSeconds,
    reconcileMs: watch.reconcileMs,
    heartbeatMs: watch.heartbeatMs,
    removalGraceMs: watch.removalGraceMs,
    lastKnownGoodMs,
    spool: watch.spool,
    metricsFile: watch.metricsFile,
    backOff: { firstMs: 1000, mostMs: 120_000 },
    // A guest under load may need two minutes to let its medium go.
    swapDeadlineMs: 180_000,
    quietMs: 60_000,
    // What the server takes of one instance in the long run.
    guestPace: { burst: 30, everyMs: 5000 },
  };
}
