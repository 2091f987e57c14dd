/** The generation that was applied last, `/var/lib/ubugi/applied.json`; the launcher reads it too. */
export interface Applied {
  readonly instance: string;
  readonly generation: number;
  readonly manifestSha256: string;
}

/** Path of the record. */
export const appliedPath = '/var/lib/ubugi/applied.json';

/** One field a line, so that POSIX sh can read it. */
export function printApplied({ instance, generation, manifestSha256 }: Applied): string {
  return `{\n  "instance": "${instance}",\n  "generation": ${generation},\n  "manifestSha256": "${manifestSha256}"\n}\n`;
}

/** Reads it back; `undefined` where nothing was applied yet. */
export function parseApplied(text: string | undefined): Applied | undefined {
  if (text === undefined) return undefined;
  const { instance, generation, manifestSha256 } = JSON.parse(text) as Partial<Applied>;
  if (typeof instance !== 'string' || typeof generation !== 'number' || typeof manifestSha256 !== 'string') {
    throw new Error(`${appliedPath} is damaged: restore it, or remove it to accept any generation once`);
  }
  return { instance, generation, manifestSha256 };
}
