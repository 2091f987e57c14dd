import { PlanError } from '../../plan/plan.ts';

/**
 * One of the colon-separated files of passwd(5), group(5), shadow(5) and gshadow(5), edited in memory. Lines that are
 * not ours to understand (comments, NIS `+` and `-` entries) stay as and where they are.
 */
export interface Table {
  /** Fields of an entry, its name first. */
  get(name: string): readonly string[] | undefined;
  /** Names of the entries with that uid or gid: the third field of passwd and group. */
  holdersOf(id: string): readonly string[];
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

  // Built on first use: one look at every entry instead of one for each account.
  let holders: Map<string, string[]> | undefined;
  function holdersOf(id: string): readonly string[] {
    if (holders === undefined) {
      holders = new Map();
      for (const name of index.keys()) addHolder(holders, line(name)?.split(':')[2] ?? '', name);
    }
    return holders.get(id) ?? [];
  }
  function forget(name: string): void {
    const id = line(name)?.split(':')[2] ?? '';
    holders?.set(
      id,
      (holders.get(id) ?? []).filter((holder) => holder !== name),
    );
  }

  return {
    get: (name) => line(name)?.split(':'),
    holdersOf,
    entries: () => [...index.keys()].map((name) => line(name)?.split(':') ?? []),
    put(fields) {
      if (fields.some((field) => /[:\n\r\0]/.test(field))) {
        throw new PlanError(`a field for ${file} has a colon, line break or NUL: correct it at its source`);
      }
      const name = fields[0] ?? '';
      const at = index.get(name);
      forget(name);
      if (holders !== undefined) addHolder(holders, fields[2] ?? '', name);
      const joined = fields.join(':');
      if (at === undefined) index.set(name, -appended.push(joined));
      else if (at < 0) appended[-at - 1] = joined;
      else lines[at] = joined;
    },
    remove(name) {
      const at = index.get(name);
      if (at === undefined) return;
      forget(name);
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

function addHolder(holders: Map<string, string[]>, id: string, name: string): void {
  const names = holders.get(id);
  if (names === undefined) holders.set(id, [name]);
  else if (!names.includes(name)) names.push(name);
}
