import { CommanderError } from 'commander';
import { success, usageError } from './exit-status.ts';
import { createProgram } from './program.ts';
import { type CliDependencies, createRuntime } from './runtime.ts';

/**
 * Runs one command line to its end. Failures are reported and come back as exit status.
 * @param argv arguments after the program's name
 */
export async function runCli(
  argv: readonly string[],
  dependencies: CliDependencies,
  { version }: { readonly version: string },
): Promise<number> {
  let status = success;
  const runtime = createRuntime(dependencies, (settled) => {
    status = settled;
  });
  const { stdout, stderr } = dependencies;
  const program = createProgram(runtime, { version, stdout, stderr });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? success : usageError;
    throw error;
  }
}
