import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { parseDocument } from 'yaml';
import type { Explanation, InstanceDetail } from '../../schemas/types/api.ts';
import type { Stage } from './stage.ts';

/** A running metadata server with the example CMDB, the embedded directory and the example policy. */
export interface Site {
  /** `demo-out/`. */
  readonly output: string;
  readonly drive: string;
  readonly trustedSigners: string;
  /** Private key of the example's alice, made anew for each demo. */
  readonly aliceKey: string;
  sync(): Promise<void>;
  /** Builds and verifies the drive of an instance into `demo-out/NAME.iso`. */
  buildDrive(instance: string): Promise<void>;
  explain(): Promise<Explanation>;
  instance(): Promise<InstanceDetail>;
  close(): Promise<void>;
}

const startTimeoutMs = 60_000;
const commandTimeoutMs = 120_000;

/** Starts the server in `demo-out/state/`, on a socket of its own and a free port. */
export async function prepareSite(options: {
  readonly root: string;
  readonly output: string;
  readonly stage: Stage;
}): Promise<Site> {
  const { root, output, stage } = options;
  const state = join(output, 'state');
  const socket = join(state, 'server.sock');
  const aliceKey = join(output, 'alice_ed25519');
  const main = join(root, 'server/main.ts');
  await rm(output, { recursive: true, force: true });
  await mkdir(state, { recursive: true });

  stage.step('Starting the metadata server on SQLite, with the example CMDB and the embedded LDAP directory');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'alice@demo', '-f', aliceKey]);
  const config = await writeConfiguration({ root, state, aliceKey });
  stage.command(`ubugi serve --config ${relative(root, config)}`);
  const server = execa(process.execPath, [main, 'serve', '--config', config], {
    stdout: { file: join(state, 'server.log') },
    stderr: { file: join(state, 'server.log') },
    reject: false,
    forceKillAfterDelay: 10_000,
  });
  let ended = false;
  const stopped = server.then(() => {
    ended = true;
  });
  let instanceName = '';

  const ubugi = async (parameters: readonly string[]) =>
    execa(process.execPath, [main, ...parameters], {
      env: { UBUGI_SOCKET: socket },
      timeout: commandTimeoutMs,
      all: true,
    });
  const show = async (parameters: readonly string[]): Promise<void> => {
    stage.command(`ubugi ${parameters.map((parameter) => relative(root, parameter) || parameter).join(' ')}`);
    stage.output((await ubugi(parameters)).all);
  };
  const close = async (): Promise<void> => {
    server.kill('SIGTERM');
    await stopped;
  };

  try {
    await waitForServer(
      async () => ubugi(['list', '--json']),
      () => ended,
      join(state, 'server.log'),
    );
  } catch (error) {
    await close();
    throw error;
  }
  const drive = (name: string): string => join(output, `${name}.iso`);
  const trustedSigners = join(output, 'trusted_signers');
  return {
    output,
    get drive() {
      return drive(instanceName);
    },
    trustedSigners,
    aliceKey,
    async sync() {
      stage.step('Reading CMDB and LDAP');
      await show(['sync']);
      await show(['list']);
    },
    async buildDrive(name) {
      instanceName = name;
      stage.step(`Building the signed config drive of ${name}`);
      await show(['drive', name, '--out', drive(name)]);
      await show(['trusted-signers', '--out', trustedSigners]);
      await show(['verify', drive(name), '--trusted-signers', trustedSigners]);
    },
    explain: async () => JSON.parse((await ubugi(['explain', instanceName, '--json'])).stdout) as Explanation,
    instance: async () =>
      JSON.parse((await ubugi(['show', instanceName, '--json'])).stdout) as InstanceDetail,
    close,
  };
}

/**
 * The example's configuration with absolute paths, a free port, and alice's key replaced by the demo's own.
 * @returns path of the configuration
 */
async function writeConfiguration(options: {
  readonly root: string;
  readonly state: string;
  readonly aliceKey: string;
}): Promise<string> {
  const { root, state, aliceKey } = options;
  const example = join(root, 'examples/demo');
  const publicKey = (await readFile(`${aliceKey}.pub`, 'utf8')).trim();
  const directory = await readFile(join(example, 'directory.ldif'), 'utf8');
  const ldif = directory.replace(
    /^(dn: uid=alice,[^]*?^sshPublicKey: ).*$/m,
    (_, before: string) => before + publicKey,
  );
  if (!ldif.includes(publicKey))
    throw new Error('examples/demo/directory.ldif has no key of alice to replace');
  await writeFile(join(state, 'directory.ldif'), ldif);

  const config = parseDocument(await readFile(join(example, 'server.yaml'), 'utf8'));
  config.setIn(['listen', 'port'], 0);
  config.setIn(['listen', 'socket'], join(state, 'server.sock'));
  config.setIn(['store', 'path'], join(state, 'ubugi.db'));
  config.setIn(['signing', 'keyFile'], join(state, 'signing-key'));
  config.setIn(['inventories', 0, 'path'], join(example, 'instances.yaml'));
  config.setIn(['directory', 'ldifFile'], join(state, 'directory.ldif'));
  config.setIn(['policy', 'files'], [join(example, 'policy.yaml')]);
  config.setIn(['drive', 'cacheFolder'], join(state, 'drives'));
  config.setIn(['drive', 'payloadFolder'], join(root, 'build/payload'));
  const file = join(state, 'server.yaml');
  await writeFile(file, config.toString());
  return file;
}

/** Until a command gets an answer; fails with the end of the log when the server has ended or takes too long. */
async function waitForServer(
  ask: () => Promise<unknown>,
  hasEnded: () => boolean,
  log: string,
): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > deadline || hasEnded()) {
        const tail = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-5).join('\n');
        throw new Error(`the metadata server does not answer:\n${tail}`, { cause: error });
      }
    }
  }
}
