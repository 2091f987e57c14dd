import type { System } from '../../system/system.ts';

/** The generation that was applied last, `/var/lib/ubugi/applied.json`; the launcher reads it too. */
export interface Applied {
  readonly instance: string;
  readonly generation: number;
  readonly manifestSha256: string;
  /** The newest generation that was ever applied to this instance, or that a replay followed: higher than `generation` after a replay. */
  readonly newest: number;
}

/** Path of the record. */
export const appliedPath = '/var/lib/ubugi/applied.json';

/** One field a line, so that POSIX sh can read it. */
export function printApplied({ instance, generation, manifestSha256, newest }: Applied): string {
  return `{\n  "instance": "${instance}",\n  "generation": ${generation},\n  "manifestSha256": "${manifestSha256}",\n  "newest": ${newest}\n}\n`;
}

/** Reads it back; `undefined` where nothing was applied yet. Fails if it is damaged. */
export function readApplied({ files }: System): Applied | undefined {
  if (files.entry(appliedPath) === undefined) return undefined;
  const {
    instance,
    generation,
    manifestSha256,
    newest = generation,
  } = JSON.parse(files.readText(appliedPath)) as Partial<Applied>;
  if (
    typeof instance !== 'string' ||
    typeof generation !== 'number' ||
    typeof manifestSha256 !== 'string' ||
    typeof newest !== 'number'
  ) {
    throw new Error(`${appliedPath} is damaged: restore it, or remove it to accept any generation once`);
  }
  return { instance, generation, manifestSha256, newest };
}
