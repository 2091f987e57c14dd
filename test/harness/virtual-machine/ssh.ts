import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';

const ATTEMPT_PAUSE_MS = 500;

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
  const result = await execa('ssh', ['-F', 'none', ...options, ...target, '--', command], {
    timeout: timeoutMs,
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode: result.exitCode ?? 255, stdout: result.stdout, stderr: result.stderr };
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
    const unreachable = result.exitCode === 255 && !result.stderr.includes('Permission denied');
    if (!unreachable || Date.now() > deadline) return result;
    await delay(ATTEMPT_PAUSE_MS);
  }
}
