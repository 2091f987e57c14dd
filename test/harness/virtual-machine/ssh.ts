import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';

const ATTEMPT_PAUSE_MS = 500;
const BANNER_MS = 20_000;

/** Where and as whom to log in. */
export interface SshLogin {
  readonly port: number;
  readonly user: string;
  /** Path of the private key; nothing else is offered. */
  readonly keyPath: string;
}

/** What the other side did; 255: it was not reached, or did not let us in. */
export interface SshResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `command` in the login shell over the real ssh client. Does not fail on a non-zero status. */
export async function runOverSsh(login: SshLogin, command: string, timeoutMs: number): Promise<SshResult> {
  const result = await execa('ssh', sshArguments(login, command), {
    timeout: timeoutMs,
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode: result.exitCode ?? 255, stdout: result.stdout, stderr: result.stderr };
}

/** A login that stays, with a process in it. */
export interface SshSession {
  /** What the other side has printed so far. */
  output(): string;
  /** Writes a line to its standard input. */
  write(line: string): void;
  /** Settles when it has ended, by whichever side. */
  readonly ended: Promise<SshResult>;
  /** Ends it from here. */
  close(): Promise<void>;
}

/** Opens a session in which `command` runs on, at most for `lifetimeMs`. */
export function openSshSession(login: SshLogin, command: string, lifetimeMs: number): SshSession {
  const client = execa('ssh', sshArguments(login, command), { timeout: lifetimeMs, reject: false });
  let text = '';
  client.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ended = client.then(({ exitCode, stdout, stderr }) => ({
    exitCode: exitCode ?? 255,
    stdout,
    stderr,
  }));
  return {
    output: () => text,
    write: (line) => client.stdin.write(`${line}\n`),
    ended,
    async close() {
      client.kill();
      await ended;
    },
  };
}

function sshArguments(login: SshLogin, command: string): readonly string[] {
  const options = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'PreferredAuthentications=publickey',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'ConnectTimeout=20',
  ].flatMap((option) => ['-o', option]);
  const target = ['-p', String(login.port), '-i', login.keyPath, `${login.user}@127.0.0.1`];
  return ['-F', 'none', ...options, ...target, '--', command];
}

/** Tries until somebody answers: a refused login is an answer, an unreachable or closed port is not. */
export async function runOverSshWhenUp(
  login: SshLogin,
  command: string,
  timeoutMs: number,
): Promise<SshResult> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const result = await runOverSsh(login, command, timeoutMs);
    if (hasAnswered(result) || Date.now() > deadline) return result;
    await delay(ATTEMPT_PAUSE_MS);
  }
}

/** Whether somebody was there, also if only to refuse the login. */
export function hasAnswered({ exitCode, stderr }: SshResult): boolean {
  return exitCode !== 255 || stderr.includes('Permission denied');
}

/** Whether an sshd greets on this port of 127.0.0.1 within the time. */
export async function hasSshd(port: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if (await greets(port)) return true;
    await delay(ATTEMPT_PAUSE_MS);
  }
  return false;
}

/** QEMU accepts at once, whether or not the guest does: only what is said counts. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: BANNER_MS });
    const decide = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (chunk: Buffer) => decide(chunk.toString('latin1').startsWith('SSH-')));
    for (const event of ['timeout', 'error', 'end', 'close']) socket.once(event, () => decide(false));
  });
}
