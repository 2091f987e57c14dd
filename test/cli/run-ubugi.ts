import { join } from 'node:path';
import { execa } from 'execa';

/** What a run of the real program gave. */
export interface UbugiResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
}

const main = join(import.meta.dirname, '../../server/main.ts');

/**
 * Runs `node server/main.ts ARGS…` as a process with nothing but the given environment.
 * HOME is a folder that does not exist unless given, so that no one's own configuration counts.
 * @param folder where it runs; here if absent
 */
export async function runUbugi(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  folder = process.cwd(),
): Promise<UbugiResult> {
  const { stdout, stderr, exitCode } = await execa(process.execPath, [main, ...args], {
    env: { HOME: '/nonexistent', PATH: process.env['PATH'] ?? '', ...environment },
    extendEnv: false,
    cwd: folder,
    reject: false,
    stripFinalNewline: false,
    timeout: 50_000,
  });
  return { stdout, stderr, exitCode };
}
