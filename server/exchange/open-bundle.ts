import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { type AllowedSigner, findSigner } from '../../schemas/drive-format/allowed-signers.ts';
import { exportNamespace, signerPrincipal } from '../../schemas/drive-format/drive-layout.ts';
import { DriveRefusal } from '../../schemas/drive-format/drive-refusal.ts';
import { keyFingerprint } from '../../schemas/drive-format/ed25519-key.ts';
import { parseSshsig, verifySshsigDigest } from '../../schemas/drive-format/sshsig.ts';
import { readJsonDocument } from '../../schemas/validation/json-document.ts';
import { AppError } from '../domain/errors.ts';

/** An export whose signature is good. */
export interface VerifiedBundle {
  /** Fingerprint of the key that signed it. */
  readonly signer: string;
  /** SHA-256 of the lines before the signature. */
  readonly sha256: string;
}

const longestLine = 64 * 1024 * 1024;
const mostLines = 200_000;
const largestBundle = 64 * 1024 ** 3;
/** What a small file may grow to. Exports shrink to a tenth or so. */
const mostGrowth = { free: 64 * 1024 * 1024, times: 300 };
const newline = 0x0a;

/**
 * Checks the signature of an export: nothing of it is looked at before. Fails with `request-invalid` for a file that is
 * no export, is cut, was changed, or was signed by somebody else.
 * @param path of the gzip file
 */
export async function verifyBundle(
  path: string,
  { trustedSigners, now }: { readonly trustedSigners: readonly AllowedSigner[]; readonly now: Date },
): Promise<VerifiedBundle> {
  const [sha512, sha256] = [createHash('sha512'), createHash('sha256')];
  let last: Buffer | undefined;
  for await (const line of rawLines(path)) {
    if (last !== undefined) {
      sha512.update(last);
      sha256.update(last);
    }
    last = line;
  }
  const signature = parseSignature(last);
  const wanted = {
    publicKey: signature.publicKey,
    principal: signerPrincipal,
    namespace: exportNamespace,
    now,
  };
  const signer = keyFingerprint(signature.publicKey);
  const isGood =
    signature.hashAlgorithm === 'sha512' && verifySshsigDigest(signature, exportNamespace, sha512.digest());
  if (!isGood) throw refused('its signature does not fit it: it was changed; export it again');
  if (findSigner(trustedSigners, wanted) === undefined) {
    throw refused(
      `the key ${signer} that signed it is not trusted; give its line of \`ubugi trusted-signers --for export\` of the other site with --trusted-signers, or put it into the file of exchange.trustedSigners`,
    );
  }
  return { signer, sha256: sha256.digest('hex') };
}

/** The lines of an export that was verified, without its signature, as strict JSON. Fails with `request-invalid`. */
export async function* bundleValues(path: string): AsyncGenerator {
  let last: Buffer | undefined;
  let number = 0;
  for await (const line of rawLines(path)) {
    if (last !== undefined) yield parse(last, (number += 1));
    last = line;
  }
}

function parse(line: Buffer, number: number): unknown {
  const reading = readJsonDocument(decode(line, number), { depth: 64 });
  if (reading.kind === 'valid') return reading.value;
  const { pointer, message } = reading.problem;
  throw refused(`line ${number}: ${pointer} ${message}`);
}

function decode(line: Buffer, number: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line);
  } catch {
    throw refused(`line ${number} is not UTF-8`);
  }
}

function parseSignature(line: Buffer | undefined): ReturnType<typeof parseSshsig> {
  const missing = 'its last line is no signature: it is cut, or no export';
  if (line === undefined || line.length > 16_384) throw refused(missing);
  const reading = readJsonDocument(line.toString('utf8'));
  const value = reading.kind === 'valid' ? reading.value : undefined;
  if (typeof value !== 'object' || value === null || !('signature' in value)) throw refused(missing);
  if (typeof value.signature !== 'string') throw refused(missing);
  try {
    return parseSshsig(value.signature);
  } catch (error) {
    if (error instanceof DriveRefusal) throw refused(error.message);
    throw error;
  }
}

/** Lines with their ends, one in memory at a time. */
async function* rawLines(path: string): AsyncGenerator<Buffer> {
  const most = Math.min(largestBundle, mostGrowth.free + (await stat(path)).size * mostGrowth.times);
  let pieces: Buffer[] = [];
  let length = 0;
  let total = 0;
  let count = 0;
  const unpacked = createReadStream(path).pipe(createGunzip());
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > most) throw new AppError('too-large', 'the export unpacks to more than any export does');
      let start = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        // A line costs more than its bytes: a bomb of empty ones must not keep drives waiting.
        if ((count += 1) > mostLines)
          throw new AppError('too-large', `the export has more than ${mostLines} lines`);
        yield Buffer.concat([...pieces, chunk.subarray(start, end + 1)]);
        [pieces, length, start] = [[], 0, end + 1];
      }
      pieces.push(chunk.subarray(start));
      length += chunk.length - start;
      if (length > longestLine) throw new AppError('too-large', 'a line of the export is longer than 64 MiB');
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!code.startsWith('Z_')) throw error;
    throw refused(`it cannot be unpacked (${code}): it is cut, changed or no gzip file`);
  }
  if (length > 0) throw refused('its last line does not end: it is cut');
}

function refused(why: string): AppError {
  return new AppError('request-invalid', `the export is refused: ${why}`);
}
