import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { DriveVerifier } from '../../attach/drive-verifier.ts';
import { mostDriveBytes } from '../../drive-files/drive-size.ts';
import { readRegularFile } from '../../drive-files/read-regular-file.ts';

/** What lies at a path, as far as it is a verified drive of an instance. */
export interface InspectedDrive {
  readonly sha256: string;
  readonly generation: number;
}

/** Looks at drives, and reads them again only when their file has changed. */
export interface DriveInspector {
  /** Undefined: nothing lies there, or not a verified drive of the instance. Never throws. */
  inspect(path: string, instance: string): Promise<InspectedDrive | undefined>;
}

/** An inspector with a memory: in the long run a look costs one lstat(2). */
export function createDriveInspector(verify: DriveVerifier): DriveInspector {
  const seen = new Map<string, { readonly fingerprint: string; readonly drive: InspectedDrive }>();
  return {
    async inspect(path, instance) {
      const key = `${instance} ${path}`;
      const status = await lstat(path, { bigint: true }).catch(() => undefined);
      const known = seen.get(key);
      if (status !== undefined && known?.fingerprint === fingerprintOf(status)) return known.drive;
      seen.delete(key);
      if (status?.isFile() !== true) return undefined;
      const reading = await readRegularFile(path, { mostBytes: mostDriveBytes });
      if (reading.kind !== 'file') return undefined;
      const verdict = verify(reading.bytes, instance, 1);
      if (verdict.kind === 'refused') return undefined;
      const sha256 = createHash('sha256').update(reading.bytes).digest('hex');
      const drive = { sha256, generation: verdict.generation };
      // A file that was replaced since has another fingerprint, and is read at the next look.
      seen.set(key, { fingerprint: fingerprintOf(status), drive });
      return drive;
    },
  };
}

function fingerprintOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
