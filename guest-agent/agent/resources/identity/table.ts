import { PlanError } from '../../plan/plan.ts';

/**
 * One of the colon-separated files of passwd(5), group(5), shadow(5) and gshadow(5), edited in memory. Lines that are
 * not ours to understand (comments, NIS `+` and `-` entries) stay as and where they are.
 */
export interface Table {
  /** Fields of an entry, its name first. */
  get(name: string): readonly string[] | undefined;
  /** All entries in the order of the file. */
  entries(): readonly (readonly string[])[];
  /** Adds an entry or replaces the one of that name. */
  put(fields: readonly string[]): void;
  remove(name: string): void;
  /** The whole file. */
  text(): string;
}

/** @param file names the file in errors. */
export function createTable(file: string, text: string): Table {
  const lines: (string | undefined)[] = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  const index = new Map<string, number>();
  lines.forEach((line, at) => {
    const name = line?.slice(0, line.indexOf(':')) ?? '';
    if (line?.includes(':') === true && !/^[+#-]/.test(line) && !index.has(name)) index.set(name, at);
  });
  let compat = lines.findIndex((line) => line !== undefined && /^[+-]/.test(line));
  const appended: string[] = [];
  if (compat < 0) compat = lines.length;

  function line(name: string): string | undefined {
    const at = index.get(name);
    return at === undefined ? undefined : at < 0 ? appended[-at - 1] : lines[at];
  }

  return {
    get: (name) => line(name)?.split(':'),
    entries: () => [...index.keys()].map((name) => line(name)?.split(':') ?? []),
    put(fields) {
      if (fields.some((field) => /[:\n\r\0]/.test(field))) {
        throw new PlanError(`a field for ${file} has a colon, line break or NUL: correct it at its source`);
      }
      const name = fields[0] ?? '';
      const at = index.get(name);
      const joined = fields.join(':');
      if (at === undefined) index.set(name, -appended.push(joined));
      else if (at < 0) appended[-at - 1] = joined;
      else lines[at] = joined;
    },
    remove(name) {
      const at = index.get(name);
      if (at === undefined) return;
      if (at >= 0) lines[at] = undefined;
      index.delete(name);
    },
    text() {
      const live = appended.filter((entry) => index.has(entry.slice(0, entry.indexOf(':'))));
      const all = [...lines.slice(0, compat), ...live, ...lines.slice(compat)];
      return all
        .filter((entry) => entry !== undefined)
        .map((entry) => `${entry}\n`)
        .join('');
    },
  };
}
