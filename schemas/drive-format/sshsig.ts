import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import { DriveRefusal } from './drive-refusal.ts';
import { ed25519KeyType, ed25519PublicKey, rawKeyOfBlob, sshPublicKeyBlob } from './ed25519-key.ts';
import { readSshWire, sshString, sshUint32 } from './ssh-wire.ts';

/** A parsed signature of `ssh-keygen -Y sign` (OpenSSH, PROTOCOL.sshsig). */
export interface SshSignature {
  /** The signer's public key as SSH sends it. */
  readonly publicKey: Buffer;
  readonly namespace: string;
  readonly hashAlgorithm: 'sha256' | 'sha512';
  /** The 64 bytes of the Ed25519 signature. */
  readonly signature: Buffer;
}

const magic = Buffer.from('SSHSIG');
const begin = '-----BEGIN SSH SIGNATURE-----';
const end = '-----END SSH SIGNATURE-----';
const lineLength = 70;
const maxArmoredLength = 8192;
const signatureSize = 64;

/** Signs a message: the armored text that `ssh-keygen -Y verify` takes. @param key Ed25519 private key. */
export function signSshsig(key: KeyObject, namespace: string, message: Uint8Array): string {
  return signSshsigDigest(key, namespace, createHash('sha512').update(message).digest());
}

/** The same for a message that is too long to hold. @param sha512 digest of the message */
export function signSshsigDigest(key: KeyObject, namespace: string, sha512: Uint8Array): string {
  const signature = sign(null, signedData(namespace, 'sha512', sha512), key);
  const blob = Buffer.concat([
    magic,
    sshUint32(1),
    sshString(sshPublicKeyBlob(key)),
    sshString(namespace),
    sshString(''),
    sshString('sha512'),
    sshString(Buffer.concat([sshString(ed25519KeyType), sshString(signature)])),
  ]);
  const lines = blob.toString('base64').match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
  return `${[begin, ...lines, end].join('\n')}\n`;
}

/** Parses an armored signature. Throws {@link DriveRefusal} `bad-signature`, and nothing else, for any other text. */
export function parseSshsig(armored: string): SshSignature {
  const blob = dearmor(armored);
  try {
    const reader = readSshWire(blob);
    if (!reader.bytes(magic.length).equals(magic)) throw refusal('is not an SSH signature');
    if (reader.uint32() !== 1) throw refusal('has an unknown version');
    const publicKey = reader.string();
    const namespace = reader.string().toString('utf8');
    reader.string(); // reserved
    const hashAlgorithm = reader.string().toString('latin1');
    const wrapped = readSshWire(reader.string());
    const algorithm = wrapped.string().toString('latin1');
    const signature = wrapped.string();
    if (reader.rest().length > 0 || wrapped.rest().length > 0) throw refusal('has data after its end');
    if (rawKeyOfBlob(publicKey) === undefined || algorithm !== ed25519KeyType) {
      throw refusal('was not made with an Ed25519 key');
    }
    if (hashAlgorithm !== 'sha256' && hashAlgorithm !== 'sha512') throw refusal('uses an unknown hash');
    if (signature.length !== signatureSize) throw refusal('has the wrong length');
    return { publicKey, namespace, hashAlgorithm, signature };
  } catch (error) {
    if (error instanceof RangeError) throw refusal('ends too early');
    throw error;
  }
}

/** Whether the signature is one over this message, in this namespace, by the key that it names itself. */
export function verifySshsig(signature: SshSignature, namespace: string, message: Uint8Array): boolean {
  const digest = createHash(signature.hashAlgorithm).update(message).digest();
  return verifySshsigDigest(signature, namespace, digest);
}

/** The same for a message that is too long to hold. @param digest of the message, by the signature's hash */
export function verifySshsigDigest(signature: SshSignature, namespace: string, digest: Uint8Array): boolean {
  const raw = rawKeyOfBlob(signature.publicKey);
  if (raw === undefined || signature.namespace !== namespace) return false;
  const data = signedData(namespace, signature.hashAlgorithm, digest);
  return verify(null, data, ed25519PublicKey(raw), signature.signature);
}

function signedData(namespace: string, hash: 'sha256' | 'sha512', digest: Uint8Array): Buffer {
  return Buffer.concat([
    magic,
    sshString(namespace),
    sshString(''),
    sshString(hash),
    sshString(Buffer.from(digest)),
  ]);
}

function dearmor(armored: string): Buffer {
  if (armored.length > maxArmoredLength) throw refusal('is too long');
  const text = armored.replaceAll('\r\n', '\n');
  const from = begin.length + 1;
  const to = text.lastIndexOf(`\n${end}`);
  const tail = text.slice(to + end.length + 1);
  if (!text.startsWith(`${begin}\n`) || to < from || (tail !== '' && tail !== '\n')) {
    throw refusal('is not an armored SSH signature');
  }
  const base64 = text.slice(from, to).replaceAll('\n', '');
  const blob = Buffer.from(base64, 'base64');
  // Buffer.from skips what is not base64: only text that comes back the same was base64.
  if (blob.toString('base64') !== base64) throw refusal('is not proper base64');
  return blob;
}

function refusal(what: string): DriveRefusal {
  return new DriveRefusal('bad-signature', `the signature ${what}`);
}
