import { link, mkdir, readdir, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mostDriveBytes } from './drive-size.ts';
import { placeFile } from './place-file.ts';
import { readRegularFile } from './read-regular-file.ts';

/** What this host remembers of the drive that it last attached for an instance. */
export interface DriveRecord {
  /** Highest generation that was ever attached here, of a replay the newest that it may follow: an older one is refused. */
  readonly generation: number;
  /** SHA-256 of the image. */
  readonly sha256: string;
  /** When the server last served this image, or said that it is the current one. */
  readonly confirmedAt: Date;
}

/** The host's own copies of verified drives, one an instance, with their records. */
export interface KnownDrives {
  /** The record, or undefined if there is none that can be read. */
  record(instance: string): Promise<DriveRecord | undefined>;
  /** The stored copy, not verified; undefined if there is none. */
  image(instance: string): Promise<Buffer | undefined>;
  /**
   * Keeps the image and its record. Writes nothing where both are stored already and the confirmation is younger
   * than an hour. With a new image, the one before it stays among the previous ones, and other instances' images that
   * are too old to be used are dropped.
   * @throws the system's error
   */
  remember(instance: string, record: DriveRecord, image: Uint8Array): Promise<void>;
  /** Leaves a note that the server does not know yet what is attached: the daemon tells it. Never throws. */
  noteUnreported(instance: string): Promise<void>;
  /** Whether there is such a note. */
  isUnreported(instance: string): Promise<boolean>;
  /** Takes the note away. Never throws. */
  clearUnreported(instance: string): Promise<void>;
  /** Drops an instance's images, previous ones too. The record stays: it keeps older generations out. Never throws. */
  forget(instance: string): Promise<void>;
}

/** Where and for how long. */
export interface KnownDrivesOptions {
  /** `instances/UUID/{drive.iso,record.json,previous/GENERATION-SHA256.iso}` are kept below it, for root only. */
  readonly stateFolder: string;
  /** Images whose record was last written before that are dropped; their records stay. */
  readonly keepMs: number;
  /** How many generations of each instance's drive are kept, the present one included. */
  readonly keepGenerations: number;
}

/** Ages of days do not need a write at every start. */
const confirmationIntervalMs = 3_600_000;

/** {@link KnownDrives} in files, each written by temporary file, fsync and rename. */
export function createKnownDrives(options: KnownDrivesOptions): KnownDrives {
  const root = join(options.stateFolder, 'instances');
  const folderOf = (instance: string): string => join(root, instance);
  const imageOf = (instance: string): string => join(folderOf(instance), 'drive.iso');
  const unreportedOf = (instance: string): string => join(folderOf(instance), 'unreported');
  const previousOf = (instance: string): string => join(folderOf(instance), 'previous');
  const ownership = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mode: 0o600 };

  async function readRecord(instance: string): Promise<DriveRecord | undefined> {
    const reading = await readRegularFile(join(folderOf(instance), 'record.json'), { mostBytes: 4096 });
    return reading.kind === 'file' ? parseRecord(reading.bytes.toString('utf8')) : undefined;
  }

  async function writeRecord(instance: string, record: DriveRecord): Promise<void> {
    const content = Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`);
    await placeFile(join(folderOf(instance), 'record.json'), content, ownership);
  }

  /** History for people: that it cannot be kept is no reason not to keep the present drive. */
  async function keepPrevious(instance: string, known: DriveRecord): Promise<void> {
    const folder = previousOf(instance);
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => undefined);
    const name = `${String(known.generation).padStart(10, '0')}-${known.sha256}.iso`;
    await link(imageOf(instance), join(folder, name)).catch(() => undefined);
    const kept = Math.max(0, options.keepGenerations - 1);
    const names = await namesIn(folder);
    for (const old of names.sort().slice(0, Math.max(0, names.length - kept))) {
      await unlink(join(folder, old)).catch(() => undefined);
    }
  }

  async function dropImages(instance: string): Promise<void> {
    const folder = previousOf(instance);
    const previous = (await namesIn(folder)).map((name) => join(folder, name));
    for (const path of [imageOf(instance), ...previous]) await unlink(path).catch(() => undefined);
  }

  async function dropExpired(kept: string): Promise<void> {
    const oldest = Date.now() - options.keepMs;
    for (const instance of await readdir(root)) {
      if (instance === kept) continue;
      const record = await stat(join(folderOf(instance), 'record.json')).catch(() => undefined);
      if (record === undefined || record.mtimeMs >= oldest) continue;
      await dropImages(instance);
    }
  }

  return {
    record: readRecord,
    async image(instance) {
      const reading = await readRegularFile(imageOf(instance), { mostBytes: mostDriveBytes });
      return reading.kind === 'file' ? reading.bytes : undefined;
    },
    async remember(instance, given, image) {
      const known = await readRecord(instance);
      // A replay has an older generation, and takes nothing back of what is kept out.
      const record = { ...given, generation: Math.max(given.generation, known?.generation ?? 0) };
      const stored = await stat(imageOf(instance)).catch(() => undefined);
      if (known?.sha256 === record.sha256 && stored?.size === image.length) {
        const age = record.confirmedAt.getTime() - known.confirmedAt.getTime();
        if (known.generation !== record.generation || age < 0 || age >= confirmationIntervalMs) {
          await writeRecord(instance, record);
        }
        return;
      }
      await mkdir(folderOf(instance), { recursive: true, mode: 0o700 });
      if (known !== undefined && stored !== undefined && known.sha256 !== record.sha256) {
        await keepPrevious(instance, known);
      }
      await placeFile(imageOf(instance), image, ownership);
      await writeRecord(instance, record);
      await dropExpired(instance);
    },
    async noteUnreported(instance) {
      await writeFile(unreportedOf(instance), '', { mode: 0o600 }).catch(() => undefined);
    },
    isUnreported: async (instance) =>
      stat(unreportedOf(instance)).then(
        () => true,
        () => false,
      ),
    async clearUnreported(instance) {
      await unlink(unreportedOf(instance)).catch(() => undefined);
    },
    forget: dropImages,
  };
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function parseRecord(text: string): DriveRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { generation, sha256, confirmedAt } = value as Record<string, unknown>;
  const date = new Date(typeof confirmedAt === 'string' ? confirmedAt : Number.NaN);
  if (!Number.isSafeInteger(generation) || typeof sha256 !== 'string' || Number.isNaN(date.getTime())) {
    return undefined;
  }
  return { generation: generation as number, sha256, confirmedAt: date };
}
