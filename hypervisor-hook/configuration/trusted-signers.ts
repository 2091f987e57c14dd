import { type AllowedSigner, parseAllowedSigners } from '../../schemas/drive-format/allowed-signers.ts';
import { readRegularFile } from '../drive-files/read-regular-file.ts';

/** The keys whose drives are accepted, or why there are none. */
export type TrustedSignersReading =
  | { readonly kind: 'signers'; readonly signers: readonly AllowedSigner[] }
  | { readonly kind: 'unusable'; readonly reason: string };

/** Reads the allowed signers file. One wrong line makes the whole file unusable. Never throws. */
export async function readTrustedSigners(file: string): Promise<TrustedSignersReading> {
  const unusable = (reason: string): TrustedSignersReading => ({
    kind: 'unusable',
    reason: `the trusted signers file ${file} ${reason}`,
  });
  const reading = await readRegularFile(file, { mostBytes: 256 * 1024, followLinks: true });
  if (reading.kind === 'absent') return unusable('does not exist');
  if (reading.kind === 'unusable') return unusable(reading.reason);
  if ((reading.mode & 0o002) !== 0) return unusable('can be written by every user');
  const parsed = parseAllowedSigners(reading.bytes.toString('utf8'));
  if (parsed.kind === 'invalid') {
    return unusable(
      `is wrong in ${parsed.problems.map(({ line, message }) => `line ${line}: ${message}`).join('; ')}`,
    );
  }
  return parsed.signers.length === 0
    ? unusable('names no key')
    : { kind: 'signers', signers: parsed.signers };
}
