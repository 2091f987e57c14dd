/** What a program said and how it ended. */
export interface ProgramRun {
  /** Exit status; undefined: a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Bounds of one run. */
export interface ProgramBounds {
  readonly timeoutMs: number;
  /** Bytes of standard output, and of standard error. */
  readonly mostBytes: number;
  readonly signal?: AbortSignal;
  /** Text for standard input; none if undefined. */
  readonly input?: string;
}

/** Runs a program with these arguments, never through a shell. @throws ProgramFailure */
export type RunProgram = (
  program: string,
  args: readonly string[],
  bounds: ProgramBounds,
) => Promise<ProgramRun>;

/** A program that did not come to its own end; the message continues a sentence that starts with its name. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure';
}

/** Messages are read, so their language is fixed. */
export function programEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env, LC_ALL: 'C', LANGUAGE: 'C' };
}

/** Runs programs of this host; at a bound the program is killed. */
export const runProgram: RunProgram = async (program, args, { timeoutMs, mostBytes, signal, input }) => {
  // Loaded here: the module cannot be in the executable's start-up snapshot.
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: programEnvironment(), stdio: ['pipe', 'pipe', 'pipe'] });
    const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    let failure: ProgramFailure | undefined;
    const give = (reason: string, cause?: unknown): void => {
      failure ??= new ProgramFailure(reason, { cause });
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => give(`did not end within ${timeoutMs / 1000} s`), timeoutMs);
    const abort = (): void => give('was stopped', signal?.reason);
    for (const name of ['stdout', 'stderr'] as const) {
      let size = 0;
      child[name].on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > mostBytes) give(`printed more than ${mostBytes} bytes`);
        else output[name].push(chunk);
      });
    }
    child.on('error', (error) =>
      give(`cannot be run (${'code' in error ? String(error.code) : error.name})`),
    );
    child.on('close', (code) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (failure !== undefined) reject(failure);
      else resolve({ status: code ?? undefined, stdout: text(output.stdout), stderr: text(output.stderr) });
    });
    // A program may end before it has read its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
};

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}
