/** What lies at a path; a symbolic link is not followed. */
export interface Entry {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits with set-id and sticky bits, such as 0o644. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Number of the file system it lies in. */
  readonly device: number;
  /** Bytes. */
  readonly size: number;
}

/** Content of a file: text that is written as UTF-8, or bytes in base64. */
export type Content = { readonly text: string } | { readonly base64: string };

/** Permission bits and owner of something new. */
export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The file system, by absolute paths. A symbolic link on the way to a path is followed only where root alone could have
 * placed it; one at the end of the path never is. What fails throws a {@link SystemError}.
 */
export interface Files {
  /** `undefined` where there is nothing. */
  entry(path: string): Entry | undefined;
  /** A whole regular file of at most 16 MiB that must be UTF-8. */
  readText(path: string): string;
  /**
   * A whole text in a folder that its user may change at any moment: at most 1 MiB, and the very file that is read must be
   * that user's; anything else would hand her a copy of what she may not read.
   */
  readTextOf(path: string, uid: number): string;
  /** A whole regular file of at most 16 MiB in base64. */
  readBase64(path: string): string;
  /** SHA-256 of a regular file in lower-case hexadecimal. */
  sha256(path: string): string;
  /** Target of a symbolic link. */
  readLink(path: string): string;
  /** Names in a folder, sorted. */
  list(path: string): readonly string[];
  /** Makes a file that must not exist yet. `sync`: on disk before it returns. */
  create(path: string, content: Content, attributes: Attributes, sync: boolean): void;
  /** Makes a folder that must not exist yet. */
  createFolder(path: string, attributes: Attributes): void;
  /** Makes a symbolic link that must not exist yet. */
  createLink(path: string, target: string): void;
  setAttributes(path: string, attributes: Attributes): void;
  rename(from: string, to: string): void;
  /** Gives a file the SELinux label of another; nothing where that one has none. */
  copyLabel(from: string, to: string): void;
  remove(path: string): void;
  /** Removes an empty folder. */
  removeFolder(path: string): void;
  /** Makes the entries of a folder durable (fsync). */
  syncFolder(path: string): void;
  /** Makes all that was written so far to the file system of a folder durable (syncfs(2)). */
  syncFileSystem(path: string): void;
}

/** One run of a tool of the guest. */
export interface ToolRun {
  /** Absolute path of the program and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Milliseconds, after which its whole session is killed. */
  readonly timeoutMs: number;
  /** Working folder; `/` if absent. */
  readonly folder?: string;
}

/** How a tool ended. */
export interface ToolResult {
  /** Exit status; 128 + number for a signal; 126 and 127 where it could not be started. */
  readonly status: number;
  /** Both outputs together, at most 1 MiB. */
  readonly output: string;
  readonly timedOut: boolean;
  /** Milliseconds that it ran; absent where nobody measures. */
  readonly durationMs?: number;
}

/** Processes. They get a fixed, clean environment and no input. */
export interface Processes {
  /** Runs at most 16 tools side by side. */
  run(tools: readonly ToolRun[]): readonly ToolResult[];
  /**
   * Kills every process of a user, and what runs as somebody else in a session of hers, again and again until none is
   * left. Throws where something stays.
   */
  endSessions(uid: number): void;
}

/** Time. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /** Milliseconds since some fixed point; never jumps. */
  monotonic(): number;
}

/** The machine. */
export interface Host {
  /** Live host name and machine name as in uname(2), such as `x86_64`. */
  describe(): { readonly hostname: string; readonly arch: string };
  setHostname(name: string): void;
  /** Takes a POSIX write lock on a file, made 0600 if missing, and holds it until the process ends. */
  lock(path: string, timeoutMs: number): void;
  /** Writes text to a character device within the time. */
  send(device: string, text: string, timeoutMs: number): void;
  /** SHA-256 of a text's UTF-8 form in lower-case hexadecimal. */
  sha256(text: string): string;
}

/** All that the agent needs of the machine it runs on. */
export interface System {
  readonly files: Files;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly host: Host;
}

/** A failed call: `code` is the name of the errno, such as ENOSPC; the message names operation and path. */
export interface SystemError extends Error {
  readonly code: string;
}

/** Message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Most bytes that a file may have to be read. */
export const readLimit = 16 * 1024 * 1024;

/** Most bytes of a file that a user has written. */
export const userReadLimit = 1024 * 1024;

/** The environment of every process that the agent starts. */
export const toolEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
};
