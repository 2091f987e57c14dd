import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { placeFile } from '../drive-files/place-file.ts';
import { readRegularFile } from '../drive-files/read-regular-file.ts';

/** A host's credential as its file has it. */
export interface StoredCredential {
  /** Bearer token. */
  readonly token: string;
  /** When it was issued and when it ends; undefined: made by hand, and never rotated. */
  readonly life: { readonly issuedAt: Date; readonly expiresAt: Date } | undefined;
  /** The next one, from before it is announced until the server has taken it. */
  readonly next: string | undefined;
}

/** The credential, or why it must not or cannot be used. */
export type CredentialReading =
  | { readonly kind: 'credential'; readonly credential: StoredCredential }
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'unusable'; readonly reason: string };

/** RFC 6750, section 2.1, `b64token`. */
const tokenPattern = /^[A-Za-z0-9._~+/=-]{1,1024}$/;

/**
 * Reads the file: the token in the first line, then what is known of it: `issued TIME`, `expires TIME`, `next TOKEN`.
 * A file that others can read or write is refused. Never throws.
 */
export async function readCredential(file: string): Promise<CredentialReading> {
  const unusable = (reason: string): CredentialReading => ({ kind: 'unusable', reason });
  const reading = await readRegularFile(file, { mostBytes: 4096, followLinks: true });
  if (reading.kind === 'absent') return { kind: 'absent', reason: `the token file ${file} does not exist` };
  if (reading.kind === 'unusable') return unusable(`the token file ${file} ${reading.reason}`);
  if ((reading.mode & 0o007) !== 0) {
    return unusable(`the token file ${file} is open to every user: run chmod 0600 ${file}`);
  }
  const [first = '', ...rest] = reading.bytes.toString('latin1').trim().split('\n');
  const token = first.trim();
  const facts = new Map(rest.map((line) => splitOnce(line.trim())));
  const next = facts.get('next');
  const wrong =
    [token, ...(next === undefined ? [] : [next])].some((secret) => !tokenPattern.test(secret)) ||
    [...facts.keys()].some((key) => !['issued', 'expires', 'next'].includes(key));
  if (wrong) return unusable(`the token file ${file} holds no token`);
  return { kind: 'credential', credential: { token, life: lifeOf(facts), next } };
}

/** Puts a credential into the file, for root only: whole or not at all. @throws the system's error */
export async function writeCredential(file: string, { token, life, next }: StoredCredential): Promise<void> {
  const lines = [
    token,
    ...(life === undefined
      ? []
      : [`issued ${life.issuedAt.toISOString()}`, `expires ${life.expiresAt.toISOString()}`]),
    ...(next === undefined ? [] : [`next ${next}`]),
  ];
  await mkdir(dirname(file), { recursive: true });
  const ownership = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mode: 0o600 };
  await placeFile(file, Buffer.from(`${lines.join('\n')}\n`), ownership);
}

function splitOnce(line: string): readonly [string, string] {
  const blank = line.indexOf(' ');
  return blank === -1 ? [line, ''] : [line.slice(0, blank), line.slice(blank + 1)];
}

function lifeOf(facts: ReadonlyMap<string, string>): StoredCredential['life'] {
  const [issuedAt, expiresAt] = [facts.get('issued'), facts.get('expires')].map(
    (text) => new Date(text ?? ''),
  );
  if (issuedAt === undefined || expiresAt === undefined) return undefined;
  if (Number.isNaN(issuedAt.getTime()) || !(expiresAt > issuedAt)) return undefined;
  return { issuedAt, expiresAt };
}
