/** The C module `native/ubugi-native.c`. See there for what each function does; all throw errors with a `code`. */
declare module 'native' {
  export function lstat(path: string): {
    readonly kind: 'file' | 'folder' | 'link' | 'other';
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly device: number;
    readonly size: number;
  } | null;
  export function read(
    path: string,
    limit: number,
    encoding: 'utf8' | 'base64' | 'sha256',
    owner?: number,
  ): string;
  export function sha256(text: string): string;
  export function write(
    path: string,
    content: string,
    base64: boolean,
    mode: number,
    uid: number,
    gid: number,
    sync: boolean,
  ): void;
  export function setAttributes(path: string, mode: number, uid: number, gid: number): void;
  export function mkdir(path: string, mode: number, uid: number, gid: number): void;
  export function rename(from: string, to: string): void;
  export function unlink(path: string): void;
  export function rmdir(path: string): void;
  export function syncFolder(path: string): void;
  export function syncFileSystem(path: string): void;
  export function symlink(path: string, target: string): void;
  export function readlink(path: string): string;
  export function list(path: string): string[];
  export function lock(path: string, timeoutMs: number): void;
  export function send(path: string, text: string, timeoutMs: number): void;
  export function run(
    tools: readonly {
      readonly argv: readonly string[];
      readonly environment: readonly string[];
      readonly folder: string;
      readonly timeoutMs: number;
    }[],
  ): {
    readonly status: number;
    readonly output: string;
    readonly timedOut: boolean;
    readonly durationMs: number;
  }[];
  export function endSessions(uid: number, timeoutMs: number): void;
  export function host(): { readonly hostname: string; readonly arch: string };
  export function setHostname(name: string): void;
  export function monotonic(): number;
  export function print(text: string): void;
  export function exit(status: number): never;
}

/** Arguments of the executable, its own name first; set by QuickJS. */
declare const scriptArgs: readonly string[];

/** Validators that the build derives from `schemas/v1` (ajv standalone code). */
declare module 'ubugi:validators' {
  import type { ErrorObject } from 'ajv/dist/2020.js';

  import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
  import type { Manifest } from '../../../schemas/types/manifest.ts';

  interface Validate<T> {
    (value: unknown): value is T;
    errors?: ErrorObject[] | null;
  }
  export const guestConfiguration: Validate<GuestConfiguration>;
  export const manifest: Validate<Manifest>;
}

/** What the build knows. */
declare module 'ubugi:build' {
  /** Version of the agent. */
  export const version: string;
}
