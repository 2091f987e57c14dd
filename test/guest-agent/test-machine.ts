import type { Machine } from '../../guest-agent/agent/plan/machine.ts';
import { readOsRelease } from '../../guest-agent/agent/platform/os-release.ts';
import type { Entry, ToolResult } from '../../guest-agent/agent/system/system.ts';

/** What stands at a path of a {@link testMachine}: a text is a file, `{ link }` a symbolic link. */
export type TestEntry = string | { readonly link: string } | { readonly text: string; readonly mode: number };

/** A machine that is nothing but a list of files; folders are implied. Programs are those whose path is listed. */
export function testMachine(
  tree: Readonly<Record<string, TestEntry>>,
  options: {
    readonly hostname?: string;
    readonly now?: number;
    readonly offline?: boolean;
    readonly booting?: boolean;
    /** Answers of tools; without it none can be started (status 127). */
    readonly ask?: (argv: readonly string[]) => Partial<ToolResult>;
  } = {},
): Machine {
  const textOf = (path: string): string | undefined => {
    const entry = tree[path];
    return typeof entry === 'object' ? ('text' in entry ? entry.text : undefined) : entry;
  };
  const files: Machine['files'] = {
    entry(path): Entry | undefined {
      const entry = tree[path];
      const base = { uid: 0, gid: 0, device: 1, size: 0 };
      if (entry === undefined) {
        const folder = Object.keys(tree).some((name) => name.startsWith(`${path === '/' ? '' : path}/`));
        return folder ? { ...base, kind: 'folder', mode: 0o755 } : undefined;
      }
      if (typeof entry === 'object' && 'link' in entry) return { ...base, kind: 'link', mode: 0o777 };
      return { ...base, kind: 'file', mode: typeof entry === 'object' ? entry.mode : 0o644 };
    },
    text: textOf,
    link(path) {
      const entry = tree[path];
      return typeof entry === 'object' && 'link' in entry ? entry.link : undefined;
    },
    list: (path) =>
      [
        ...new Set(
          Object.keys(tree)
            .filter((name) => name.startsWith(`${path}/`))
            .map((name) => name.slice(path.length + 1).split('/')[0] ?? ''),
        ),
      ].sort(),
  };
  return {
    files,
    hostname: options.hostname ?? 'localhost',
    now: options.now ?? Date.UTC(2026, 0, 2),
    offline: options.offline ?? false,
    booting: options.booting ?? false,
    os: readOsRelease(files),
    program: (name) =>
      ['/usr/sbin', '/usr/bin', '/usr/lib/systemd']
        .map((folder) => `${folder}/${name}`)
        .find((path) => path in tree),
    ask: (argv) => ({ status: 0, output: '', timedOut: false, ...(options.ask?.(argv) ?? { status: 127 }) }),
  };
}
