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
    version: values.get('VERSION_ID') ?? '',
  };
}

/** Whether it is one of those systems or made from one. */
export function isLike({ id, like }: OsRelease, ...systems: readonly string[]): boolean {
  return [id, ...like].some((name) => systems.includes(name));
}

/** `/etc/os-release` is a link on most systems. */
function textOf(path: string, view: FileView): string | undefined {
  const target = view.link(path);
  if (target === undefined) return view.text(path);
  return view.text(target.startsWith('/') ? target : `/etc/${target}`.replace('/etc/../', '/'));
}

function identifier(value: string | undefined): string | undefined {
  return value !== undefined && /^[a-z0-9._-]+$/.test(value) ? value : undefined;
}
