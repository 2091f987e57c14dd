import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { type OsRelease, readOsRelease } from '../platform/os-release.ts';
import type { Entry, System, ToolResult } from '../system/system.ts';

/** The file system as planning sees it: reads only, each path read once, so that one plan sees one state. */
export interface FileView {
  /** `undefined` where there is nothing. */
  entry(path: string): Entry | undefined;
  /** Content of a regular file; `undefined` where there is none or it is not UTF-8. */
  text(path: string): string | undefined;
  /** Target of a symbolic link; `undefined` where there is none. */
  link(path: string): string | undefined;
  /** Sorted names in a folder; empty where there is none. */
  list(path: string): readonly string[];
}

/** State of the machine that a plan is made from. */
export interface Machine {
  readonly files: FileView;
  /** Live host name. */
  readonly hostname: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: number;
  /** The root is not that of a running system: files are written, nothing is told to anybody. */
  readonly offline: boolean;
  /** It is starting and nobody relies on it yet: what takes services down for a moment does no harm. */
  readonly booting: boolean;
  readonly os: OsRelease;
  /** Absolute path of a program of the guest; `undefined` where it is not installed. */
  program(name: string): string | undefined;
  /** What a tool of the guest answers that changes nothing, such as getent; the same question is asked once. */
  ask(argv: readonly [string, ...string[]], timeoutMs: number): ToolResult;
}

const programFolders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/lib/systemd', '/lib/systemd'];

/** In which state the machine is, as whoever calls the agent knows it. */
export interface MachineOptions {
  readonly offline: boolean;
  /** Why the agent runs; absent: somebody called it. */
  readonly trigger?: AgentReport['trigger'];
}

/** The machine as it is now. Make a new one to see later changes. */
export function observeMachine(system: System, options: MachineOptions): Machine {
  const entries = new Map<string, Entry | undefined>();
  const texts = new Map<string, string | undefined>();
  const answers = new Map<string, ToolResult>();
  const files: FileView = {
    entry(path) {
      if (!entries.has(path)) entries.set(path, system.files.entry(path));
      return entries.get(path);
    },
    text(path) {
      if (!texts.has(path)) texts.set(path, readText(system, path));
      return texts.get(path);
    },
    link: (path) => (files.entry(path)?.kind === 'link' ? system.files.readLink(path) : undefined),
    list: (path) => (files.entry(path)?.kind === 'folder' ? system.files.list(path) : []),
  };
  return {
    files,
    hostname: system.host.describe().hostname,
    now: system.clock.now(),
    offline: options.offline,
    booting: options.trigger === 'boot',
    os: readOsRelease(files),
    program: (name) =>
      programFolders.map((folder) => `${folder}/${name}`).find((path) => files.entry(path) !== undefined),
    ask(argv, timeoutMs) {
      const question = argv.join('\0');
      const [given] = answers.has(question) ? [] : system.processes.run([{ argv, timeoutMs }]);
      if (given !== undefined) answers.set(question, given);
      return answers.get(question) ?? { status: 126, output: '', timedOut: false };
    },
  };
}

function readText(system: System, path: string): string | undefined {
  if (system.files.entry(path)?.kind !== 'file') return undefined;
  try {
    return system.files.readText(path);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'EILSEQ') return undefined;
    throw error;
  }
}
