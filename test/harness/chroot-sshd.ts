import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { PublicKey } from '../../schemas/types/common.ts';
import { freePort } from './free-port.ts';
import type { GuestRoot } from './guest-root.ts';

/** A key pair of a test's own. */
export interface TestKey {
  readonly file: string;
  readonly publicKey: PublicKey;
  /** As a line of authorized_keys. */
  readonly line: string;
}

/** Key pairs in a folder that goes with them. */
export function createTestKeys(count: number): { readonly keys: readonly TestKey[]; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'ubugi-keys-'));
  const keys = Array.from({ length: count }, (_, index): TestKey => {
    const file = join(folder, `key-${index}`);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `key-${index}`, '-f', file]);
    const line = readFileSync(`${file}.pub`, 'utf8').trim();
    const [, key = '', comment = ''] = line.split(' ');
    return { file, line, publicKey: { type: 'ssh-ed25519', key, comment } };
  });
  return { keys, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The guest's own sshd, running in its root with its own configuration. */
export interface ChrootSshd {
  /** Logs in and runs `command`. @returns its output, or `refused` where no key lets in. */
  login(account: string, key: TestKey, command: string): Promise<string>;
  /** Logs in and keeps the session. @returns once the command has printed its first line. */
  open(account: string, key: TestKey, command: string): Promise<OpenSession>;
  stop(): Promise<void>;
}

/** A login that goes on. */
export interface OpenSession {
  /** Resolves when it has ended, by whomever. */
  readonly ended: Promise<void>;
}

/**
 * Starts the sshd of a root on a free port of 127.0.0.1.
 *
 * @param enter what to put in front of `chroot`, such as nsenter into the namespaces of the guest.
 */
export async function startChrootSshd(root: GuestRoot, enter: readonly string[] = []): Promise<ChrootSshd> {
  const port = await freePort();
  await root.run(['mkdir', '-p', '/run/sshd']);
  await root.run(['ssh-keygen', '-A']);
  const options = [
    `Port=${port}`,
    'ListenAddress=127.0.0.1',
    'PidFile=none',
    'UsePAM=no',
    'LogLevel=VERBOSE',
  ];
  const [program = 'chroot', ...argv] = [
    ...enter,
    'chroot',
    root.path,
    '/usr/sbin/sshd',
    '-D',
    '-e',
    ...options.flatMap((option) => ['-o', option]),
  ];
  const daemon = execa(program, argv, { reject: false, stdin: 'ignore', stdout: 'ignore', timeout: 300_000 });
  await new Promise<void>((resolve, reject) => {
    daemon.stderr.on('data', (chunk: Buffer) => {
      if (String(chunk).includes('Server listening')) resolve();
    });
    void daemon.then(({ stderr }) => reject(new Error(`sshd did not start: ${stderr}`)));
  });
  const settings = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'PreferredAuthentications=publickey',
    'LogLevel=ERROR',
  ].flatMap((setting) => ['-o', setting]);
  const client = (account: string, key: TestKey, command: string): readonly string[] => [
    '-F',
    'none',
    '-i',
    key.file,
    '-p',
    String(port),
    ...settings,
    `${account}@127.0.0.1`,
    command,
  ];
  return {
    async open(account, key, command) {
      const session = execa('ssh', client(account, key, command), {
        reject: false,
        stdin: 'ignore',
        timeout: 120_000,
      });
      await new Promise<void>((resolve, reject) => {
        session.stdout.on('data', () => resolve());
        void session.then(({ stderr }) => reject(new Error(`the session did not begin: ${stderr}`)));
      });
      return { ended: session.then(() => undefined) };
    },
    async login(account, key, command) {
      const { exitCode, stdout, stderr } = await execa('ssh', client(account, key, command), {
        reject: false,
        stdin: 'ignore',
        timeout: 30_000,
      });
      if (exitCode === 0) return stdout;
      if (stderr.includes('Permission denied')) return 'refused';
      throw new Error(`ssh ended with status ${exitCode}: ${stderr}`);
    },
    async stop() {
      daemon.kill('SIGTERM');
      await daemon;
    },
  };
}
