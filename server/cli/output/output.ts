import { createPage, type Page } from './page.ts';
import { jsonText } from './printable.ts';
import { type ProgressUpdate, withProgress } from './progress.ts';

/** Standard output or error. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
}

/** What a command says: its result on standard output, everything else on standard error. */
export interface Output {
  readonly json: boolean;
  /** Whether progress is shown in place, as on a terminal. */
  readonly live: boolean;
  /** Prints the result: the document with `--json`, else what `render` makes of it. */
  result(document: unknown, render: (page: Page) => void): void;
  /** Prints on standard error, in JSON mode too. */
  message(render: (page: Page) => void): void;
  /** Whether a result was printed: with `--json` there is one document, not more. */
  hasResult(): boolean;
  /** Runs work that may take longer than a second and shows how far it is, on a terminal only. */
  progress<T>(label: string, work: (update: ProgressUpdate) => Promise<T>): Promise<T>;
}

/** Environment variables: NO_COLOR (https://no-color.org), TERM, COLUMNS. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** @param options `json`: results are one JSON document */
export function createOutput(
  streams: {
    readonly stdout: OutputStream;
    readonly stderr: OutputStream;
    readonly environment: Environment;
  },
  options: { readonly json: boolean },
): Output {
  const { stdout, stderr, environment } = streams;
  let printed = false;
  const live = stderr.isTTY === true && environment['TERM'] !== 'dumb';

  function print(stream: OutputStream, render: (page: Page) => void): void {
    const page = createPage({ width: widthOf(stream, environment), colour: hasColour(stream, environment) });
    render(page);
    stream.write(page.text());
  }

  return {
    json: options.json,
    live,
    result: (document, render) => {
      printed = true;
      if (options.json) stdout.write(jsonText(document));
      else print(stdout, render);
    },
    message: (render) => {
      print(stderr, render);
    },
    hasResult: () => printed,
    progress: async (label, work) => await withProgress(stderr, live, label, work),
  };
}

/** Whether to colour: on a terminal that can, unless NO_COLOR is set to anything. */
export function hasColour(stream: OutputStream, environment: Environment): boolean {
  return stream.isTTY === true && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
}

/** COLUMNS, else the terminal's width, else no limit, so that programs get whole lines. */
function widthOf(stream: OutputStream, environment: Environment): number {
  const columns = environment['COLUMNS'] ?? '';
  if (/^[1-9]\d{0,4}$/.test(columns)) return Number(columns);
  return stream.isTTY === true ? (stream.columns ?? 80) : Infinity;
}
