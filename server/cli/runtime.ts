import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import type { ConnectionFlags } from './connection/connection-flags.ts';
import { describeAddress, resolveConnection } from './connection/connection-settings.ts';
import { createTransport } from './connection/transport.ts';
import { exitStatuses, interrupted, success } from './exit-status.ts';
import type { LocalWork } from './local-work.ts';
import { asAppError, reportError } from './output/error-report.ts';
import { createOutput, type Environment, type Output, type OutputStream } from './output/output.ts';

/** What the CLI takes from the process. */
export interface CliDependencies {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: Environment;
  /** Configuration files of the CLI, the user's before the host's; they need not exist. */
  readonly settingsFiles: readonly string[];
  readonly clock: Clock;
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly local: LocalWork;
}

/** Flags that every command has. */
export interface OutputFlags {
  readonly json?: boolean;
}

/** What commands run in. */
export interface Runtime {
  readonly dependencies: CliDependencies;
  /** Runs a command that needs no server, reports its failure, and settles the exit status. */
  run(flags: OutputFlags, work: (output: Output) => Promise<void>): Promise<void>;
  /** The same with a client of the server that flags, environment and files name. */
  runWithServer(
    flags: OutputFlags & ConnectionFlags,
    work: (api: ApiClient, output: Output) => Promise<void>,
  ): Promise<void>;
}

/** @param finish gets the exit status of the command that ran */
export function createRuntime(dependencies: CliDependencies, finish: (status: number) => void): Runtime {
  async function run(flags: OutputFlags, work: (output: Output) => Promise<void>): Promise<void> {
    const output = createOutput(dependencies, { json: flags.json === true });
    try {
      await work(output);
      finish(success);
    } catch (error) {
      finish(failed(output, error));
    }
  }

  function failed(output: Output, error: unknown): number {
    if (dependencies.signal.aborted) {
      output.message((page) => {
        page.line('interrupted');
      });
      return interrupted;
    }
    const failure: AppError = asAppError(error);
    reportError(output, failure);
    return exitStatuses[failure.code];
  }

  return {
    dependencies,
    run,
    runWithServer: async (flags, work) => {
      await run(flags, async (output) => {
        const settings = await resolveConnection(flags, dependencies.environment, dependencies.settingsFiles);
        const api = createApiClient(
          { transport: createTransport(settings, dependencies.signal) },
          {
            address: describeAddress(settings.address),
            deadlineMs: flags.timeout === undefined ? undefined : flags.timeout * 1000,
          },
        );
        try {
          await work(api, output);
        } catch (error) {
          throw error instanceof TypeError ? unknownForm(describeAddress(settings.address), error) : error;
        }
      });
    },
  };
}

/** An answer is looked at field by field where it is shown: what is not there fails as a TypeError. */
function unknownForm(address: string, cause: TypeError): AppError {
  return new AppError(
    'internal',
    `cannot show the answer of the server at ${address}: it has a form that this version of ubugi does not know. See it as it is with --json; use the version that the server has`,
    { cause },
  );
}
