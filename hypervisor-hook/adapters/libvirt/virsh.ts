import { oneLine } from '../../process/one-line.ts';
import { ProgramFailure, type ProgramRun, type RunProgram } from '../../process/run-program.ts';
import { AdapterError } from '../machine-adapter.ts';

/** libvirt through its own command, virsh(1), which every libvirt host has. */
export interface Virsh {
  /** Runs one command to its end, whatever its exit status. @throws AdapterError if it did not come to its end */
  run(args: readonly string[], options?: VirshOptions): Promise<ProgramRun>;
  /** Runs one command and gives what it printed. @throws AdapterError if it failed */
  expect(args: readonly string[], options?: VirshOptions): Promise<string>;
}

/** How one command is run. */
export interface VirshOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/** libvirt answers in milliseconds; what takes longer than this has hung. */
const usualTimeoutMs = 30_000;

/** Some hundred domains' XML. */
const mostBytes = 256 * 1024 * 1024;

/** The arguments that stand before every command. @param uri libvirt's connection URI */
export function virshArguments(uri: string): readonly string[] {
  return ['-q', '-c', uri];
}

/** Makes {@link Virsh} for a connection URI (https://libvirt.org/uri.html). */
export function createVirsh(runProgram: RunProgram, uri: string): Virsh {
  const run: Virsh['run'] = async (args, { signal, timeoutMs = usualTimeoutMs } = {}) => {
    try {
      const bounds = { timeoutMs, mostBytes, ...(signal === undefined ? {} : { signal }) };
      return await runProgram('virsh', [...virshArguments(uri), ...args], bounds);
    } catch (error) {
      if (!(error instanceof ProgramFailure)) throw error;
      throw new AdapterError(
        oneLine(`virsh ${args[0]} ${error.message}; see to libvirt on this host (virsh -c ${uri} list)`),
        { cause: error },
      );
    }
  };
  return {
    run,
    expect: async (args, options) => {
      const result = await run(args, options);
      if (result.status === 0) return result.stdout;
      throw virshError(args, result);
    },
  };
}

/** The error of a command that failed, with virsh's own words. */
export function virshError(args: readonly string[], { stderr }: ProgramRun): AdapterError {
  const said = stderr.replaceAll(/^error: /gm, '').trim();
  return new AdapterError(
    oneLine(`virsh ${args.join(' ')} failed: ${said === '' ? 'it said nothing' : said}`),
  );
}
