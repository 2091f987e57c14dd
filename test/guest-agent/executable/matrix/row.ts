import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';
import type { GuestRoot } from '../../../harness/guest-root.ts';

/** A real root, and what a row makes of it. */
export interface MatrixGuest {
  readonly root: GuestRoot;
  /** Takes programs away, from wherever they are. */
  without(...programs: readonly string[]): void;
  put(path: string, content: string | { readonly link: string }, mode?: number): void;
  remove(...paths: readonly string[]): void;
  read(path: string): string;
  /** Runs a program of the guest, which must end well. @returns what it printed. */
  succeed(...argv: readonly [string, ...string[]]): Promise<string>;
}

/** One back end: how a guest looks that has it, what is wanted there, and what must come of it. */
export interface MatrixRow {
  readonly name: string;
  /** Makes the root that of such a guest. */
  dress(guest: MatrixGuest): void | Promise<void>;
  readonly wanted: Partial<GuestConfiguration>;
  /** All files that an apply changes or makes, sorted; no other. */
  readonly writes: readonly string[];
  /** Files that do not come back when nothing is wanted any more, by design. */
  readonly stays?: readonly string[];
  /** What the real tool of the back end says of the result. */
  accept?(guest: MatrixGuest): void | Promise<void>;
  /** The guest is running: services are told. In it, apply is not `--offline`. */
  readonly running?: true;
  /** What those services were told by the apply. */
  told?(guest: MatrixGuest): void;
}

/** Wraps a root. */
export function matrixGuest(root: GuestRoot): MatrixGuest {
  const at = (path: string): string => join(root.path, path);
  const remove = (...paths: readonly string[]): void => {
    for (const path of paths) rmSync(at(path), { recursive: true, force: true });
  };
  return {
    root,
    without: (...programs) =>
      remove(
        ...programs.flatMap((name) =>
          ['/usr/sbin', '/usr/bin', '/usr/lib/systemd'].map((folder) => `${folder}/${name}`),
        ),
      ),
    put(path, content, mode = 0o644) {
      mkdirSync(dirname(at(path)), { recursive: true });
      // Files of /usr are hard links to those of the template: never written in place.
      if (lstatSync(at(path), { throwIfNoEntry: false }) !== undefined) rmSync(at(path));
      if (typeof content !== 'string') return symlinkSync(content.link, at(path));
      writeFileSync(at(path), content);
      chmodSync(at(path), mode);
    },
    remove,
    read: (path) => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : ''),
    async succeed(...argv) {
      const { status, stdout, stderr } = await root.run(argv);
      expect({ argv, status, stderr: status === 0 ? '' : stderr }).toEqual({ argv, status: 0, stderr: '' });
      return stdout;
    },
  };
}
