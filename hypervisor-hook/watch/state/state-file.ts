import { join } from 'node:path';
import { placeFile } from '../../drive-files/place-file.ts';
import { readRegularFile } from '../../drive-files/read-regular-file.ts';
import { emptyState, type HostState } from './host-state.ts';
import type { TrackedInstance } from './tracked-instance.ts';

/** Where the state is kept. */
export interface StateFile {
  /** The state, or the empty one where none can be read: the server is then asked for everything. */
  read(): Promise<HostState>;
  /** @throws the system's error */
  write(state: HostState): Promise<void>;
}

/** Form of the file: one of another form is not read. */
const version = 1;
const mostStateBytes = 256 * 1024 * 1024;

/** The state in `watch/state.json` below the state folder, by temporary file, fsync and rename. */
export function createStateFile(folder: string): StateFile {
  const path = join(folder, 'state.json');
  const ownership = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mode: 0o600 };
  return {
    async read() {
      const reading = await readRegularFile(path, { mostBytes: mostStateBytes });
      return (reading.kind === 'file' ? parseState(reading.bytes.toString('utf8')) : undefined) ?? emptyState;
    },
    async write({ cursor, payload, instances }) {
      const value = { version, cursor, payload, instances: [...instances.values()] };
      await placeFile(path, Buffer.from(`${JSON.stringify(value, undefined, 1)}\n`), ownership);
    },
  };
}

/** It is root's own file, written whole: only its form is checked. */
function parseState(text: string): HostState | undefined {
  try {
    const value = JSON.parse(text) as {
      readonly version: unknown;
      readonly cursor?: string;
      readonly payload?: string;
      readonly instances: readonly TrackedInstance[];
    };
    if (value.version !== version) return undefined;
    return {
      cursor: value.cursor,
      payload: value.payload,
      instances: new Map(value.instances.map((tracked) => [tracked.instance, tracked])),
    };
  } catch {
    return undefined;
  }
}
