import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDriveVerifier } from '../../../hypervisor-hook/attach/drive-verifier.ts';
import { createKnownDrives } from '../../../hypervisor-hook/drive-files/known-drives.ts';
import { createHostServer } from '../../../hypervisor-hook/metadata-server/host-server.ts';
import { createTransport } from '../../../hypervisor-hook/metadata-server/transport.ts';
import { systemClock } from '../../../hypervisor-hook/process/clock.ts';
import { fileIdentity } from '../../../hypervisor-hook/watch/machines/open-files.ts';
import { runWatch } from '../../../hypervisor-hook/watch/watch-daemon.ts';
import { parseAllowedSigners } from '../../../schemas/drive-format/allowed-signers.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';

// A daemon in a process of its own, to be killed: node daemon-process.ts FOLDER URL HOST INSTANCE
// with one machine that runs, whose medium is FOLDER/medium.
const [folder = '', url = '', host = '', instance = ''] = process.argv.slice(2);
const stateFolder = join(folder, 'state');
const path = join(folder, 'drives', `${instance}.iso`);
const medium = join(folder, 'medium');
const openFile = join(folder, 'medium.identity');

const validators = createValidators();
const signers = parseAllowedSigners(await readFile(join(folder, 'trusted_signers'), 'utf8'));
if (signers.kind === 'invalid') throw new Error('the trusted signers are wrong');
const end = new AbortController();
process.once('SIGTERM', () => end.abort());

await runWatch(
  {
    adapter: {
      name: 'qemu',
      list: async () => [
        {
          name: 'web-01',
          instance,
          state: 'running',
          drive: { path, device: 'cd' },
          reportSocket: undefined,
        },
      ],
      async swapMedium() {
        await writeFile(medium, await readFile(path));
        await writeFile(openFile, fileIdentity(await stat(path)));
      },
      changed: async (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        }),
    },
    openFiles: async () => new Set([await readFile(openFile, 'utf8').catch(() => '')]),
    server: createHostServer(
      {
        polling: await createTransport(new URL(url), undefined),
        transport: await createTransport(new URL(url), undefined, 16),
        token: async () => 'ubugi_token',
      },
      { host, userAgent: 'ubugi-test' },
    ),
    knownDrives: createKnownDrives({ stateFolder, keepMs: 86_400_000, keepGenerations: 3 }),
    verify: createDriveVerifier(validators, signers.signers, systemClock.now),
    reportValidator: validators.agentReport,
    clock: systemClock,
    random: Math.random,
    rotateWhenDue: async () => undefined,
    log: (line) => process.stderr.write(`${line}\n`),
  },
  {
    version: '1.2.3',
    host,
    folder: join(stateFolder, 'watch'),
    waitSeconds: 60,
    reconcileMs: 60_000,
    heartbeatMs: 60_000,
    removalGraceMs: 3_600_000,
    lastKnownGoodMs: 86_400_000,
    spool: { mostPerMachine: 100, mostBytesPerMachine: 1_000_000, mostBytes: 10_000_000 },
    metricsFile: undefined,
    backOff: { firstMs: 20, mostMs: 100 },
    swapDeadlineMs: 20_000,
    quietMs: 60_000,
    guestPace: { burst: 20, everyMs: 50 },
  },
  end.signal,
);
