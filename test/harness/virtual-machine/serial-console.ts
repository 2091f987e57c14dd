import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** What a machine prints on its serial console. */
export interface SerialConsole {
  /** Everything so far. */
  text(): string;
  /** Its last lines, for an error, without what moves the cursor and the lines that are printed again and again. */
  tail(): string;
  /** Waits until `pattern` is in what was printed from the first byte on. Fails after `timeoutMs`, or when the machine ends. */
  waitFor(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray>;
}

/** Reads the console from `stream` and copies it to the file `path`. */
export function createSerialConsole(stream: Readable, path: string): SerialConsole {
  const file = createWriteStream(path);
  let text = '';
  let ended = false;
  const listeners = new Set<() => void>();
  const notify = (): void => {
    for (const listener of listeners) listener();
  };
  stream.setEncoding('latin1');
  stream.on('data', (chunk: string) => {
    text += chunk;
    file.write(chunk, 'latin1');
    notify();
  });
  stream.on('close', () => {
    ended = true;
    file.end();
    notify();
  });

  return {
    text: () => text,
    tail: () => lastLines(text),
    waitFor: (pattern, timeoutMs) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void): void => {
          clearTimeout(timer);
          listeners.delete(check);
          settle();
        };
        const fail = (why: string): void => {
          finish(() =>
            reject(
              new Error(`${why} before ${String(pattern)} was on the console ${path}:\n${lastLines(text)}`),
            ),
          );
        };
        const check = (): void => {
          const match = pattern.exec(text);
          if (match !== null) finish(() => resolve(match));
          else if (ended) fail('The machine ended');
        };
        const timer = setTimeout(() => fail(`${timeoutMs / 1000} s passed`), timeoutMs);
        listeners.add(check);
        check();
      }),
  };
}

const tailLines = 40;

function lastLines(text: string): string {
  const lines = text
    .replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
    .split(/[\r\n]+/)
    .filter((line) => !/^[* ]*(M|K)?\[?[* ]*\] (A start job|Job .* running)/.test(line));
  return lines.slice(-tailLines).join('\n');
}
