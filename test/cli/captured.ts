import type { CliDependencies } from '../../server/cli/runtime.ts';

/** What a program wrote so far. */
export interface Written {
  stdout: string;
  stderr: string;
}

/**
 * Streams that keep what is written, with everything else that the CLI takes from a process.
 * @param terminal the streams say that they are a terminal of 80 columns
 */
export function captured({ terminal = false } = {}): {
  readonly dependencies: CliDependencies;
  readonly written: Written;
} {
  const written: Written = { stdout: '', stderr: '' };
  const stream = (name: keyof Written): CliDependencies['stdout'] => ({
    write: (text) => {
      written[name] += text;
      return true;
    },
    ...(terminal ? { isTTY: true, columns: 80 } : {}),
  });
  const unused = async (): Promise<never> => {
    throw new Error('not part of this test');
  };
  return {
    written,
    dependencies: {
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      environment: {},
      settingsFiles: [],
      clock: { now: () => new Date('2026-01-10T12:00:00Z') },
      signal: new AbortController().signal,
      local: { checkConfig: unused, serve: unused, verifyDrive: unused, readPolicy: unused },
    },
  };
}
