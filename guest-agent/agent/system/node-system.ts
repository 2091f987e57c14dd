import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { posix } from 'node:path';
import { type Entry, type Processes, type System, type SystemError, userReadLimit } from './system.ts';

/** What a temporary root lacks of a machine. */
export interface NodeSystemOptions {
  /** Folder that stands for `/`. */
  readonly root: string;
  readonly hostname?: string;
  /** Milliseconds since 1970-01-01 UTC; the real time if absent. */
  readonly now?: () => number;
  /** Runs the guest's tools; without it none can be started (status 127). */
  readonly processes?: Processes;
  /** Takes note of labels, which Node cannot set. */
  readonly copyLabel?: (from: string, to: string) => void;
}

/** The `System` over a folder, for tests and tools under Node. Takes links as the real one does. */
export function createNodeSystem(options: NodeSystemOptions): System {
  let hostname = options.hostname ?? 'localhost';
  const { root } = options;
  const at = (path: string): string => resolveParent(root, path);
  const processes: Processes = options.processes ?? {
    run: (tools) => tools.map(() => ({ status: 127, output: '', timedOut: false })),
    endSessions: () => undefined,
  };
  const withFolder = (path: string, use: (descriptor: number) => void): void => {
    const descriptor = fs.openSync(at(path), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    try {
      use(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  };
  return {
    files: {
      entry: (path) => entryOf(root, path),
      readText: (path) => textOf(path, readFile(at(path))),
      readTextOf(path, uid) {
        const status = fs.lstatSync(at(path));
        if (!status.isFile() || status.uid !== uid) throw failure('EPERM', `read ${path}: somebody else's`);
        if (status.size > userReadLimit) throw failure('EFBIG', `read ${path}: too large`);
        return textOf(path, readFile(at(path)));
      },
      readBase64: (path) => readFile(at(path)).toString('base64'),
      sha256: (path) =>
        createHash('sha256')
          .update(readFile(at(path)))
          .digest('hex'),
      readLink: (path) => fs.readlinkSync(at(path)),
      list: (path) => fs.readdirSync(at(path)).sort(),
      create(path, content, { mode, uid, gid }, sync) {
        const target = at(path);
        const bytes = 'text' in content ? content.text : Buffer.from(content.base64, 'base64');
        fs.writeFileSync(target, bytes, { flag: 'wx', mode: 0o600, flush: sync });
        fs.chownSync(target, uid, gid);
        fs.chmodSync(target, mode);
      },
      createFolder(path, { mode, uid, gid }) {
        const target = at(path);
        fs.mkdirSync(target, 0o700);
        fs.chownSync(target, uid, gid);
        fs.chmodSync(target, mode);
      },
      createLink: (path, target) => fs.symlinkSync(target, at(path)),
      setAttributes(path, { mode, uid, gid }) {
        fs.lchownSync(at(path), uid, gid);
        fs.chmodSync(at(path), mode);
      },
      rename: (from, to) => fs.renameSync(at(from), at(to)),
      // Node knows no extended attributes.
      copyLabel: options.copyLabel ?? (() => undefined),
      remove: (path) => fs.unlinkSync(at(path)),
      removeFolder: (path) => fs.rmdirSync(at(path)),
      syncFolder: (path) => withFolder(path, fs.fsyncSync),
      syncFileSystem: (path) => withFolder(path, fs.fsyncSync),
    },
    processes,
    clock: { now: options.now ?? Date.now, monotonic: () => performance.now() },
    host: {
      describe: () => ({ hostname, arch: 'x86_64' }),
      setHostname(name) {
        hostname = name;
      },
      lock: (path) => fs.closeSync(fs.openSync(at(path), 'a', 0o600)),
      send: (device, text) => fs.appendFileSync(at(device), text),
      sha256: (text) => createHash('sha256').update(text).digest('hex'),
    },
  };
}

function entryOf(root: string, path: string): Entry | undefined {
  try {
    const status = fs.lstatSync(resolveParent(root, path));
    const kind = status.isFile()
      ? 'file'
      : status.isDirectory()
        ? 'folder'
        : status.isSymbolicLink()
          ? 'link'
          : 'other';
    const { uid, gid, size, dev } = status;
    return { kind, mode: status.mode & 0o7777, uid, gid, device: dev, size };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as SystemError).code)) return undefined;
    throw error;
  }
}

function textOf(path: string, bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) throw failure('EILSEQ', `read ${path}: not UTF-8`);
  return text;
}

function readFile(path: string): Buffer {
  const flags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;
  return fs.readFileSync(path, { flag: flags as unknown as string });
}

/** The real path of an entry, its folder resolved inside the root; only links that root alone could place are followed. */
function resolveParent(root: string, path: string, depth = 0): string {
  const { dir, base } = posix.parse(posix.normalize(path));
  let folder = '/';
  for (const part of dir.split('/').filter((name) => name !== '')) {
    const next = posix.join(folder, part);
    const status = fs.lstatSync(`${root}${next}`);
    if (status.isSymbolicLink()) {
      const holder = fs.lstatSync(`${root}${folder}`);
      if (depth > 16 || status.uid !== 0 || holder.uid !== 0 || (holder.mode & 0o022) !== 0) {
        throw failure('ELOOP', `open ${path}: ${next} is a link that others could have placed`);
      }
      const target = posix.resolve(folder, fs.readlinkSync(`${root}${next}`));
      return resolveParent(root, `${target}${path.slice(next.length)}`, depth + 1);
    }
    folder = next;
  }
  return `${root}${posix.join(folder, base)}`;
}

function failure(code: string, message: string): SystemError {
  return Object.assign(new Error(message), { code });
}
