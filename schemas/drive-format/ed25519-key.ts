import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readSshWire, sshString } from './ssh-wire.ts';

/** The only key type that signs drives (RFC 8709). */
export const ed25519KeyType = 'ssh-ed25519';

/** Bytes of an Ed25519 public key, and of the seed of a private one (RFC 8032). */
export const ed25519KeySize = 32;

// DER of SubjectPublicKeyInfo and PKCS #8 up to the key itself (RFC 8410).
const publicKeyPrefix = '302a300506032b6570032100';
const privateKeyPrefix = '302e020100300506032b657004220420';

/** The key that 32 bytes are. */
export function ed25519PublicKey(raw: Uint8Array): KeyObject {
  return createPublicKey({
    key: Buffer.concat([Buffer.from(publicKeyPrefix, 'hex'), raw]),
    format: 'der',
    type: 'spki',
  });
}

/** The private key that a 32-byte seed gives. */
export function ed25519PrivateKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({
    key: Buffer.concat([Buffer.from(privateKeyPrefix, 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
}

/** The 32 bytes of the public key of either half of a pair. Throws TypeError for another kind of key. */
export function rawEd25519PublicKey(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('the key is not an Ed25519 key');
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-ed25519KeySize);
}

/** The public key as SSH sends it: what stands in base64 in a `.pub` file. */
export function sshPublicKeyBlob(key: KeyObject): Buffer {
  return Buffer.concat([sshString(ed25519KeyType), sshString(rawEd25519PublicKey(key))]);
}

/** The raw key in an `ssh-ed25519` blob; undefined if it is none. */
export function rawKeyOfBlob(blob: Buffer): Buffer | undefined {
  try {
    const reader = readSshWire(blob);
    const type = reader.string().toString('latin1');
    const raw = reader.string();
    return type === ed25519KeyType && raw.length === ed25519KeySize && reader.rest().length === 0
      ? raw
      : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Fingerprint as `ssh-keygen -l` prints it. */
export function keyFingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}
