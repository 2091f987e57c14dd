import { readRegularFile } from '../drive-files/read-regular-file.ts';

/** The host's bearer token, or why it must not or cannot be used. */
export type TokenReading =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'unusable'; readonly reason: string };

/** RFC 6750, section 2.1, `b64token`. */
const tokenPattern = /^[A-Za-z0-9._~+/=-]{1,1024}$/;

/** Reads a token of role hypervisor. A file that others can read or write is refused. Never throws. */
export async function readServerToken(file: string): Promise<TokenReading> {
  const reading = await readRegularFile(file, { mostBytes: 4096, followLinks: true });
  if (reading.kind === 'absent') return unusable(`the token file ${file} does not exist`);
  if (reading.kind === 'unusable') return unusable(`the token file ${file} ${reading.reason}`);
  if ((reading.mode & 0o007) !== 0) {
    return unusable(`the token file ${file} is open to every user: run chmod 0600 ${file}`);
  }
  const token = reading.bytes.toString('latin1').trim();
  if (!tokenPattern.test(token)) return unusable(`the token file ${file} holds no token`);
  return { kind: 'token', token };
}

function unusable(reason: string): TokenReading {
  return { kind: 'unusable', reason };
}
