#!/usr/bin/env node
import { homedir } from 'node:os';
import { join } from 'node:path';
import metadata from '../package.json' with { type: 'json' };
import { configurationError } from './cli/configuration-error.ts';
import { brokenPipe } from './cli/exit-status.ts';
import type { LocalWork } from './cli/local-work.ts';
import { runCli } from './cli/run-cli.ts';
import { systemClock } from './domain/clock.ts';
import { systemRandom } from './domain/random.ts';
import type { RunningServer } from './server.ts';

/** What needs no server of its own is loaded when it is called: the schemas alone take longer than most commands. */
const local: LocalWork = {
  checkConfig: async (file) => {
    const [{ checkConfig }, { createValidators }] = await Promise.all([
      import('./config/load-config.ts'),
      import('../schemas/validation/validator.ts'),
    ]);
    const reading = await checkConfig(file, createValidators());
    return reading.kind === 'valid' ? [] : reading.problems;
  },
  serve: async (file, signal) => {
    const [{ checkConfig }, { createLog }, { startServer }, { createValidators }] = await Promise.all([
      import('./config/load-config.ts'),
      import('./config/log.ts'),
      import('./server.ts'),
      import('../schemas/validation/validator.ts'),
    ]);
    const validators = createValidators();
    const reading = await checkConfig(file, validators);
    if (reading.kind === 'invalid') throw configurationError(file, reading.problems);
    const { config } = reading;
    const log = createLog(config.log.level, process.stderr);
    const server = await startServer(config, { validators, clock: systemClock, random: systemRandom, log });
    return { addresses: [server.url, server.socket], ended: endOn(signal, server) };
  },
  verifyDrive: async (file, trustedSigners) => {
    const [{ createDriveCheck }, { createValidators }] = await Promise.all([
      import('./cli/drive-check.ts'),
      import('../schemas/validation/validator.ts'),
    ]);
    const check = createDriveCheck(
      { validators: createValidators(), clock: systemClock },
      { hostSigners: '/etc/ubugi/trusted_signers' },
    );
    return await check(file, trustedSigners);
  },
  readPolicy: async (files) => {
    const [{ createPolicyReading }, { createValidators }] = await Promise.all([
      import('./cli/policy-reading.ts'),
      import('../schemas/validation/validator.ts'),
    ]);
    return await createPolicyReading(createValidators())(files);
  },
};

async function endOn(signal: AbortSignal, server: RunningServer): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await server.close();
}

/** A reader that goes away, as in `ubugi list | head`, ends the command without a word. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? brokenPipe : 1);
  });
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stop.abort(new Error(signal));
  });
}

const { env } = process;
process.exitCode = await runCli(
  process.argv.slice(2),
  {
    stdout: process.stdout,
    stderr: process.stderr,
    environment: env,
    settingsFiles: [
      join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'ubugi', 'cli.yaml'),
      '/etc/ubugi/cli.yaml',
    ],
    clock: systemClock,
    signal: stop.signal,
    local,
  },
  { version: metadata.version },
);
