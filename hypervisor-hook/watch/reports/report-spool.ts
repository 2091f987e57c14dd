import { mkdir, readdir, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { placeFile } from '../../drive-files/place-file.ts';
import { readRegularFile } from '../../drive-files/read-regular-file.ts';
import { mostReportBytes } from './guest-report.ts';

/** A report that waits to be sent. */
export interface SpooledReport {
  /** Grows from report to report, over all machines. */
  readonly sequence: number;
  readonly content: Buffer;
}

/** How much may wait; the oldest go first. */
export interface SpoolBounds {
  readonly mostPerMachine: number;
  readonly mostBytesPerMachine: number;
  readonly mostBytes: number;
}

/** How much waits. */
export interface SpoolSize {
  readonly reports: number;
  readonly bytes: number;
}

/** Reports that wait for the server, on disk, in the order in which they came. */
export interface ReportSpool {
  /** Keeps a report; settles when it is on disk. @throws the system's error */
  put(instance: string, content: Buffer): Promise<void>;
  /** Instances of which reports wait. */
  readonly instances: () => readonly string[];
  /** The oldest report of an instance. */
  oldest(instance: string): Promise<SpooledReport | undefined>;
  /** Takes a report away, sent or not. Never throws: at worst it is sent once more after the next start. */
  remove(instance: string, sequence: number): Promise<void>;
  readonly size: () => SpoolSize;
}

interface Waiting {
  readonly sequence: number;
  readonly bytes: number;
}

const fileName = /^(\d{15})\.json$/;

/**
 * Opens the spool: a folder an instance, a file a report, each put there by fsync and rename.
 * @param dropped told of every report that had to make place
 * @throws the system's error
 */
export async function openReportSpool(
  folder: string,
  bounds: SpoolBounds,
  dropped: (instance: string) => void,
): Promise<ReportSpool> {
  const waiting = await readSpool(folder);
  let sequence = Math.max(0, ...[...waiting.values()].flat().map((one) => one.sequence));
  let total = bytesOf([...waiting.values()].flat());
  const ownership = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mode: 0o600 };
  const fileOf = (instance: string, number: number): string =>
    join(folder, instance, `${String(number).padStart(15, '0')}.json`);

  async function remove(instance: string, number: number): Promise<void> {
    const queue = waiting.get(instance) ?? [];
    const index = queue.findIndex((one) => one.sequence === number);
    const [removed] = index < 0 ? [] : queue.splice(index, 1);
    total -= removed?.bytes ?? 0;
    await unlink(fileOf(instance, number)).catch(() => undefined);
    // The folder stays until the next opening: a report may just be on its way into it.
    if (queue.length === 0) waiting.delete(instance);
  }

  async function dropOldest(instance: string): Promise<void> {
    const [oldest] = waiting.get(instance) ?? [];
    if (oldest === undefined) return;
    dropped(instance);
    await remove(instance, oldest.sequence);
  }

  async function makePlace(instance: string, bytes: number): Promise<void> {
    const own = (): readonly Waiting[] => waiting.get(instance) ?? [];
    while (
      own().length > 0 &&
      (own().length >= bounds.mostPerMachine || bytesOf(own()) + bytes > bounds.mostBytesPerMachine)
    ) {
      await dropOldest(instance);
    }
    while (total + bytes > bounds.mostBytes && waiting.size > 0) await dropOldest(longest(waiting));
  }

  return {
    async put(instance, content) {
      await makePlace(instance, content.length);
      sequence += 1;
      const mine = { sequence, bytes: content.length };
      await mkdir(join(folder, instance), { recursive: true, mode: 0o700 });
      await placeFile(fileOf(instance, mine.sequence), content, ownership);
      const queue = waiting.get(instance) ?? [];
      waiting.set(instance, queue);
      queue.push(mine);
      queue.sort((left, right) => left.sequence - right.sequence);
      total += mine.bytes;
    },
    instances: () => [...waiting.keys()],
    async oldest(instance) {
      for (;;) {
        const [oldest] = waiting.get(instance) ?? [];
        if (oldest === undefined) return undefined;
        const reading = await readRegularFile(fileOf(instance, oldest.sequence), {
          mostBytes: mostReportBytes,
        });
        if (reading.kind === 'file') return { sequence: oldest.sequence, content: reading.bytes };
        dropped(instance);
        await remove(instance, oldest.sequence);
      }
    },
    remove,
    size: () => ({ reports: [...waiting.values()].flat().length, bytes: total }),
  };
}

/** What an earlier run left; what it was just writing when it died is removed, and so are empty folders. */
async function readSpool(folder: string): Promise<Map<string, Waiting[]>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const waiting = new Map<string, Waiting[]>();
  for (const instance of await readdir(folder)) {
    const names = await readdir(join(folder, instance)).catch(() => []);
    const queue: Waiting[] = [];
    // In the order of their numbers, which have the same length.
    for (const name of names.sort((left, right) => (left < right ? -1 : 1))) {
      const path = join(folder, instance, name);
      const [, number] = fileName.exec(name) ?? [];
      if (number === undefined) await unlink(path).catch(() => undefined);
      else queue.push({ sequence: Number(number), bytes: (await stat(path)).size });
    }
    if (queue.length > 0) waiting.set(instance, queue);
    else await rmdir(join(folder, instance)).catch(() => undefined);
  }
  return waiting;
}

/** The instance that takes most place: one guest that talks much does not cost others their reports. */
function longest(waiting: ReadonlyMap<string, readonly Waiting[]>): string {
  let most = { instance: '', bytes: -1 };
  for (const [instance, queue] of waiting) {
    const bytes = bytesOf(queue);
    if (bytes > most.bytes) most = { instance, bytes };
  }
  return most.instance;
}

function bytesOf(queue: readonly Waiting[]): number {
  return queue.reduce((sum, { bytes }) => sum + bytes, 0);
}
