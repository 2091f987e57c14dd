import { createInterface } from 'node:readline';
import { execa } from 'execa';

/** Bounds of the process. */
export interface ChildLimits {
  readonly memoryMiB: number;
  /** Characters of one answer. */
  readonly lineCharacters: number;
}

/** A process that answers each line with a line. */
export interface EvaluatorChild {
  /** The answer, or undefined if the process ended or did not answer in time. One question at a time. */
  ask(line: string, timeoutMs: number): Promise<string | undefined>;
  stop(): Promise<void>;
}

/**
 * Starts Node on a script, without environment and allowed to read files only: no writing, no processes, no
 * add-ons. The process ends with the signal.
 */
export function startEvaluatorChild(
  script: string,
  limits: ChildLimits,
  signal: AbortSignal,
): EvaluatorChild {
  const subprocess = execa(
    process.execPath,
    [
      '--permission',
      '--allow-fs-read=*',
      `--max-old-space-size=${limits.memoryMiB}`,
      '--max-semi-space-size=8',
      script,
    ],
    {
      env: {},
      extendEnv: false,
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'ignore',
      buffer: false,
      reject: false,
      cancelSignal: signal,
      forceKillAfterDelay: 1_000,
    },
  );
  let settle: ((answer: string | undefined) => void) | undefined;
  const answer = (line: string | undefined): void => {
    settle?.(line);
    settle = undefined;
  };
  // A pipe that closes under the writer is the end of the process, which is noticed below.
  subprocess.stdin.on('error', () => undefined);
  createInterface({ input: subprocess.stdout }).on('line', (line) =>
    answer(line.length > limits.lineCharacters ? undefined : line),
  );
  let ended = false;
  const end = subprocess.then(() => {
    ended = true;
    answer(undefined);
  });

  return {
    async ask(line, timeoutMs) {
      signal.throwIfAborted();
      if (ended) return undefined;
      const answered = new Promise<string | undefined>((resolve) => {
        settle = resolve;
      });
      const timer = setTimeout(() => answer(undefined), timeoutMs);
      try {
        subprocess.stdin.write(`${line}\n`);
        const given = await answered;
        signal.throwIfAborted();
        return given;
      } finally {
        clearTimeout(timer);
      }
    },
    async stop() {
      subprocess.kill('SIGKILL');
      await end;
    },
  };
}
