import type { FileView } from '../plan/machine.ts';

/** What `/etc/os-release` says (os-release(5)); used only where what is installed does not tell. */
export interface OsRelease {
  /** Lower-case identifier, such as `debian`; `linux` where nothing is said. */
  readonly id: string;
  /** Identifiers of the systems it is made from, closest first. */
  readonly like: readonly string[];
  /** Such as `12` or `9.4`; empty for rolling releases. */
  readonly version: string;
}

const paths = ['/etc/os-release', '/usr/lib/os-release'] as const;
const mostLinks = 8;

/** Reads os-release; a damaged line says nothing. */
export function readOsRelease(view: FileView): OsRelease {
  const text = paths.map((path) => textOf(path, view)).find((found) => found !== undefined) ?? '';
  const values = new Map(
    text.split('\n').flatMap((line) => {
      const [, name, double, single, plain] = /^([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(\S*))\s*$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, double ?? single ?? plain ?? ''] as const];
    }),
  );
  return {
    id: identifier(values.get('ID')) ?? 'linux',
    like: (values.get('ID_LIKE') ?? '').split(/\s+/).flatMap((word) => identifier(word) ?? []),
    version: identifier(values.get('VERSION_ID')) ?? '',
  };
}

/** Whether it is one of those systems or made from one. */
export function isLike({ id, like }: OsRelease, ...systems: readonly string[]): boolean {
  return [id, ...like].some((name) => systems.includes(name));
}

/** `/etc/os-release` is a link on most systems, on some to another link. */
function textOf(path: string, view: FileView): string | undefined {
  let at = path;
  for (let links = 0; links < mostLinks; links++) {
    const target = view.link(at);
    if (target === undefined) return view.text(at);
    at = resolve(target.startsWith('/') ? target : `${at.slice(0, at.lastIndexOf('/'))}/${target}`);
  }
  return undefined;
}

/** The path without `.` and `..`. */
function resolve(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function identifier(value: string | undefined): string | undefined {
  return value !== undefined && /^[a-z0-9._-]+$/.test(value) ? value : undefined;
}
