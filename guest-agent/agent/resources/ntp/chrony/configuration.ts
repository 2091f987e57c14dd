import type { FileView } from '../../../plan/machine.ts';

/** What chronyd reads, as far as chrony.conf(5) names it by `include`, `confdir` and `sourcedir`. */
export interface ChronyConfiguration {
  /** Text of each file below /etc, by path, main file first; the others are the packages' own. */
  readonly texts: ReadonlyMap<string, string>;
  /** Where a file of our own is read: a `sourcedir` below /etc if there is one, else a folder of snippets. */
  readonly ownFile: string | undefined;
}

const mostFiles = 100;

/** Follows a main file through all that it draws in; folders below /run are DHCP's and not followed. */
export function readConfiguration(main: string, view: FileView): ChronyConfiguration {
  const texts = new Map<string, string>();
  const sources: string[] = [];
  const snippets: string[] = [];
  const queue = [main];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const text = view.text(path);
    if (text === undefined || !path.startsWith('/etc/') || texts.has(path) || texts.size > mostFiles)
      continue;
    texts.set(path, text);
    for (const line of text.split('\n')) {
      queue.push(...(drawnIn(line, view) ?? []).filter((file) => !isOwn(file)));
      const [name, folder] = folderOf(line);
      if (name === 'sourcedir') sources.push(`${folder}/ubugi.sources`);
      else if (name !== undefined) snippets.push(`${folder}/ubugi.conf`);
    }
  }
  return { texts, ownFile: sources[0] ?? snippets[0] };
}

/**
 * The configuration as one text, for a check of what is not in place yet.
 *
 * @param texts text of each file as it would be; one that is not in it is named by an `include`.
 */
export function flatten(path: string, texts: ReadonlyMap<string, string>, view: FileView): string {
  const done = new Set<string>();
  const linesOf = (from: string): readonly string[] => {
    const text = texts.get(from);
    if (text === undefined) return [`include ${from}`];
    if (done.has(from)) return [];
    done.add(from);
    return text
      .replace(/\n$/, '')
      .split('\n')
      .flatMap((line) => {
        const own = folderOf(line)[1];
        const added = [...texts.keys()].filter((file) => isOwn(file) && file.startsWith(`${own}/`));
        const files = drawnIn(line, view);
        return files === undefined ? [line] : [...new Set([...files, ...added])].flatMap(linesOf);
      });
  };
  return `${linesOf(path).join('\n')}\n`;
}

/** Whether a file is one that only we write. */
function isOwn(path: string): boolean {
  return /\/ubugi\.(conf|sources)$/.test(path);
}

/** The folder below /etc in which a line lets files of any name be read, and by which directive. */
function folderOf(line: string): readonly ['sourcedir' | 'confdir' | undefined, string | undefined] {
  const { name, rest } = directive(line);
  const folder = (name === 'include' ? /^(.+)\/\*\.conf$/.exec(rest[0] ?? '')?.[1] : rest[0])?.replace(
    /\/+$/,
    '',
  );
  if (folder === undefined || !/^\/etc\/[\w./-]+$/.test(folder)) return [undefined, undefined];
  if (name === 'sourcedir') return [name, folder];
  return name === 'confdir' || name === 'include' ? ['confdir', folder] : [undefined, undefined];
}

/** Files that are read in place of a line; `undefined` where it draws in nothing, or what we cannot tell. */
function drawnIn(line: string, view: FileView): readonly string[] | undefined {
  const { name, rest } = directive(line);
  if (name === 'include') return matching(rest[0] ?? '', view);
  if (name !== 'confdir' && name !== 'sourcedir') return undefined;
  const ending = name === 'confdir' ? '.conf' : '.sources';
  const folders = rest.map((folder) => folder.replace(/\/+$/, ''));
  if (folders.some((folder) => /^\/(var\/)?run\//.test(folder))) return [];
  // A name counts once: the folder that is named first wins.
  const seen = new Set<string>();
  return folders.flatMap((folder) =>
    view
      .list(folder)
      .filter((file) => file.endsWith(ending) && !seen.has(file) && seen.add(file))
      .map((file) => `${folder}/${file}`),
  );
}

/** Files of a pattern whose folder is plain; `undefined` for any other. */
function matching(pattern: string, view: FileView): readonly string[] | undefined {
  const at = pattern.lastIndexOf('/');
  const folder = pattern.slice(0, at);
  if (!/^[\w./-]+$/.test(folder) || /[^\w.*?-]/.test(pattern.slice(at + 1))) return undefined;
  const parts = pattern
    .slice(at + 1)
    .replaceAll('.', '\\.')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^(?!\\.)${parts}$`);
  return view
    .list(folder)
    .filter((file) => expression.test(file))
    .map((file) => `${folder}/${file}`);
}

/** Directive in lower case, since chrony takes any, and its arguments. */
function directive(line: string): { readonly name: string | undefined; readonly rest: readonly string[] } {
  const [name, ...rest] = line.trim().split(/\s+/);
  return { name: name?.toLowerCase(), rest };
}
