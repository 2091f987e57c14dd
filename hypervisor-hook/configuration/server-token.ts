import { readCredential } from '../credential/credential-file.ts';

/** The host's bearer token, or why it must not or cannot be used. */
export type TokenReading =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'unusable'; readonly reason: string };

/** Reads a token of role hypervisor. A file that others can read or write is refused. Never throws. */
export async function readServerToken(file: string): Promise<TokenReading> {
  const reading = await readCredential(file);
  if (reading.kind === 'credential') return { kind: 'token', token: reading.credential.token };
  return { kind: 'unusable', reason: reading.reason };
}
