import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../domain/clock.ts';
import type { BuiltDrive } from './drive-builder.ts';
import { publishFile } from './durable-file.ts';
import { storageFailure } from './storage-failure.ts';

/** Images on disk, found by the hash of what they were built from. Fails with `storage-failed`. */
export interface DriveCache {
  /** The image of this key, found whole; undefined if there is none. A damaged one is removed. */
  get(key: string): Promise<BuiltDrive | undefined>;
  /**
   * Keeps an image of an instance, given in pieces. Others that were not used for the longest time go when the limit is
   * passed.
   */
  put(key: string, image: readonly Buffer[], instance: string): Promise<BuiltDrive>;
  /** Instances of which images are kept, each once. */
  instances(): readonly string[];
  /** Removes all images of an instance. */
  forget(instance: string): Promise<void>;
}

/** Where and how much is kept. */
export interface DriveCacheOptions {
  /** Made if it is missing; nothing else may be in it. */
  readonly folder: string;
  /** Bytes of all images together. The newest image is kept even if it is larger. */
  readonly limitBytes: number;
}

/**
 * An unchanged file (by size, inode and change time) is trusted for so long after its hash was checked: a boot
 * storm asks a thousand times a second. Milliseconds.
 */
const recheckAfterMs = 60_000;

/** INSTANCE_KEY-IMAGEHASH.iso: one rename publishes all three. */
const imageName = /^([0-9a-f-]{36})_([0-9a-f]{64})-([0-9a-f]{64})\.iso$/;
/** An image of a version that did not say whose it is: it could not be removed with its instance. */
const nameWithoutInstance = /^[0-9a-f]{64}-[0-9a-f]{64}\.iso$/;
/** Everything temporary ends so, with the process that made it. */
const temporaryName = /\.tmp-(\d+)-\d+$/;

interface Entry extends BuiltDrive {
  readonly instance: string;
  /** State of the file when its hash was last checked; undefined: never by this process. */
  readonly checked: { readonly stamp: string; readonly at: number } | undefined;
}

/** Opens a cache, removes what killed processes left there, and takes over what they had published. */
export async function openDriveCache(
  ports: { readonly clock: Clock },
  options: DriveCacheOptions,
): Promise<DriveCache> {
  const { folder, limitBytes } = options;
  let temporaries = 0;
  let total = 0;
  /** Least recently used first. */
  const entries = new Map<string, Entry>();

  async function forget(key: string, entry: Entry): Promise<void> {
    if (entries.get(key)?.path === entry.path && entries.delete(key)) total -= entry.size;
    await rm(entry.path, { force: true });
  }

  async function evict(): Promise<void> {
    for (const [key, entry] of entries) {
      if (total <= limitBytes || entries.size <= 1) return;
      await forget(key, entry);
    }
  }

  function remember(key: string, entry: Entry): void {
    total += entry.size - (entries.get(key)?.size ?? 0);
    entries.delete(key);
    entries.set(key, entry);
  }

  async function check(key: string, entry: Entry): Promise<Entry | undefined> {
    const now = ports.clock.now();
    const stamp = await fileStamp(entry.path);
    if (stamp === undefined) return undefined;
    if (entry.checked?.stamp === stamp && now.getTime() - entry.checked.at < recheckAfterMs) return entry;
    const image = await readFile(entry.path);
    if ((await sha256(image)) !== entry.sha256) return undefined;
    // The access time is the order of use for the next start of the server.
    await utimes(entry.path, now, now);
    const checked = { stamp: (await fileStamp(entry.path)) ?? '', at: now.getTime() };
    return entries.get(key)?.path === entry.path ? { ...entry, checked } : undefined;
  }

  try {
    await mkdir(folder, { recursive: true, mode: 0o750 });
    await removeLeftovers(folder);
    for (const [key, entry] of await publishedImages(folder)) remember(key, entry);
    await evict();
  } catch (error) {
    throw storageFailure(error, `open the drive cache ${folder}`);
  }

  return {
    get: async (key) => {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      try {
        const checked = await check(key, entry);
        if (checked === undefined) {
          await forget(key, entry);
          return undefined;
        }
        remember(key, checked);
        return builtDrive(checked);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw storageFailure(error, `read the drive cache ${folder}`);
      }
    },
    put: async (key, image, instance) => {
      try {
        const hash = hashOf(image);
        const path = join(folder, `${instance}_${key}-${hash}.iso`);
        temporaries += 1;
        await publishFile(
          join(folder, `${key}.tmp-${process.pid}-${temporaries}`),
          path,
          image,
          'rebuildable',
        );
        const checked = { stamp: (await fileStamp(path)) ?? '', at: ports.clock.now().getTime() };
        const entry = {
          instance,
          path,
          size: image.reduce((sum, piece) => sum + piece.length, 0),
          sha256: hash,
          checked,
        };
        remember(key, entry);
        await evict();
        return builtDrive(entry);
      } catch (error) {
        throw storageFailure(error, `keep the drive in ${folder}`);
      }
    },
    instances: () => [...new Set([...entries.values()].map(({ instance }) => instance))],
    forget: async (instance) => {
      try {
        for (const [key, entry] of entries) {
          if (entry.instance === instance) await forget(key, entry);
        }
      } catch (error) {
        throw storageFailure(error, `remove the drives of instance ${instance} from ${folder}`);
      }
    },
  };
}

/** A name in a cache folder for what is gone at the next start, should this process be killed. */
export function temporaryCachePath(folder: string, name: string): string {
  return join(folder, `${name}.tmp-${process.pid}-0`);
}

function builtDrive({ path, size, sha256 }: BuiltDrive): BuiltDrive {
  return { path, size, sha256 };
}

function hashOf(pieces: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

async function sha256(bytes: Buffer): Promise<string> {
  // In libuv's thread pool, unlike createHash.
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Buffer.from(digest).toString('hex');
}

async function fileStamp(path: string): Promise<string | undefined> {
  try {
    const { size, ino, ctimeNs } = await stat(path, { bigint: true });
    return `${size}-${ino}-${ctimeNs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (nameWithoutInstance.test(name)) await rm(join(folder, name), { force: true });
    const pid = temporaryName.exec(name)?.[1];
    if (pid === undefined || (Number(pid) !== process.pid && isRunning(Number(pid)))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function publishedImages(folder: string): Promise<readonly (readonly [string, Entry])[]> {
  const found: { readonly key: string; readonly entry: Entry; readonly usedAt: number }[] = [];
  for (const name of await readdir(folder)) {
    const [, instance, key, hash] = imageName.exec(name) ?? [];
    if (instance === undefined || key === undefined || hash === undefined) continue;
    const path = join(folder, name);
    const { size, mtimeMs } = await stat(path);
    found.push({ key, entry: { instance, path, size, sha256: hash, checked: undefined }, usedAt: mtimeMs });
  }
  return found
    .sort((left, right) => left.usedAt - right.usedAt)
    .map(({ key, entry }) => [key, entry] as const);
}
