import { type KeyObject, randomInt } from 'node:crypto';
import {
  ed25519KeySize,
  ed25519KeyType,
  ed25519PrivateKey,
  rawEd25519PublicKey,
  sshPublicKeyBlob,
} from './ed25519-key.ts';
import { readSshWire, type SshWireReader, sshString, sshUint32 } from './ssh-wire.ts';

/** A private key as read, or why it was not. The reason never holds any of the key. */
export type OpensshPrivateKey =
  | { readonly kind: 'key'; readonly key: KeyObject; readonly comment: string }
  | { readonly kind: 'unreadable'; readonly message: string };

const begin = '-----BEGIN OPENSSH PRIVATE KEY-----';
const end = '-----END OPENSSH PRIVATE KEY-----';
const magic = Buffer.from('openssh-key-v1\0');
const lineLength = 70;
/** Cipher `none` pads to 8 bytes. */
const blockSize = 8;

/** Reads an unencrypted Ed25519 key of ssh-keygen (OpenSSH, PROTOCOL.key). Never throws. */
export function readOpensshPrivateKey(text: string): OpensshPrivateKey {
  const content = text.trim();
  if (!content.startsWith(begin) || !content.endsWith(end)) {
    return unreadable('it is not an OpenSSH private key file');
  }
  try {
    const body = content.slice(begin.length, -end.length);
    const reader = readSshWire(Buffer.from(body.replaceAll(/\s/g, ''), 'base64'));
    if (!reader.bytes(magic.length).equals(magic)) return unreadable('it is not an OpenSSH private key file');
    const cipher = reader.string().toString('latin1');
    if (cipher !== 'none') return unreadable('it is encrypted: remove the passphrase with ssh-keygen -p');
    reader.string(); // name of the key derivation, `none`
    reader.string(); // its options
    if (reader.uint32() !== 1) return unreadable('it holds more than one key');
    reader.string(); // the public key, which stands in the private section too
    return readPrivateSection(readSshWire(reader.string()));
  } catch (error) {
    if (error instanceof RangeError) return unreadable('it ends too early');
    throw error;
  }
}

/** Writes an Ed25519 private key as ssh-keygen does, without a passphrase. */
export function writeOpensshPrivateKey(key: KeyObject, comment: string): string {
  const raw = rawEd25519PublicKey(key);
  const seed = key.export({ format: 'der', type: 'pkcs8' }).subarray(-ed25519KeySize);
  const check = sshUint32(randomInt(2 ** 32));
  const section = Buffer.concat([
    check,
    check,
    sshString(ed25519KeyType),
    sshString(raw),
    sshString(Buffer.concat([seed, raw])),
    sshString(comment),
  ]);
  const padding = Buffer.from(
    Array.from({ length: (blockSize - (section.length % blockSize)) % blockSize }, (_, index) => index + 1),
  );
  const file = Buffer.concat([
    magic,
    sshString('none'),
    sshString('none'),
    sshString(''),
    sshUint32(1),
    sshString(sshPublicKeyBlob(key)),
    sshString(Buffer.concat([section, padding])),
  ]);
  const lines = file.toString('base64').match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
  return `${[begin, ...lines, end].join('\n')}\n`;
}

function readPrivateSection(section: SshWireReader): OpensshPrivateKey {
  if (section.uint32() !== section.uint32()) return unreadable('it is damaged');
  if (section.string().toString('latin1') !== ed25519KeyType) {
    return unreadable('it is not an Ed25519 key: make one with ssh-keygen -t ed25519');
  }
  const raw = section.string();
  const pair = section.string();
  const comment = section.string().toString('utf8');
  const padding = section.rest();
  if (pair.length !== 2 * ed25519KeySize || padding.some((byte, index) => byte !== index + 1)) {
    return unreadable('it is damaged');
  }
  const key = ed25519PrivateKey(pair.subarray(0, ed25519KeySize));
  const derived = rawEd25519PublicKey(key);
  if (!derived.equals(raw) || !derived.equals(pair.subarray(ed25519KeySize)))
    return unreadable('it is damaged');
  return { kind: 'key', key, comment };
}

function unreadable(message: string): OpensshPrivateKey {
  return { kind: 'unreadable', message };
}
