import { generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { renderAllowedSigner } from '../../schemas/drive-format/allowed-signers.ts';
import {
  exportNamespace,
  signatureNamespace,
  signerPrincipal,
} from '../../schemas/drive-format/drive-layout.ts';
import { sshPublicKeyBlob } from '../../schemas/drive-format/ed25519-key.ts';
import {
  readOpensshPrivateKey,
  writeOpensshPrivateKey,
} from '../../schemas/drive-format/openssh-private-key.ts';
import { signSshsig, signSshsigDigest } from '../../schemas/drive-format/sshsig.ts';
import { AppError } from '../domain/errors.ts';
import { syncFolder } from './durable-file.ts';
import { storageFailure } from './storage-failure.ts';

/** What signs manifests and exports. The private key does not leave it. */
export interface SigningKey {
  /** An armored SSHSIG over the message, in the namespace of drives. */
  sign(message: Uint8Array): string;
  /** The same over an export's lines, in the namespace of exports. @param sha512 digest of the lines */
  signExport(sha512: Uint8Array): string;
  /** The public key as a line that lets it sign exports, without newline. */
  readonly exportSigners: string;
  /** The public key as a line of an allowed signers file (ssh-keygen(1)), without newline. */
  readonly trustedSigners: string;
  /** 32 secret bytes that follow from the private key and the purpose (HKDF-SHA256, RFC 5869) and tell nothing of it. */
  deriveSecret(purpose: string): Buffer;
}

const maxKeyFileSize = 16 * 1024;

/**
 * Loads the server's signing key, an unencrypted OpenSSH Ed25519 key that its owner alone may read. Makes one, with
 * mode 0600, if the file is missing; two servers that start at once end up with the same key.
 * Fails with `configuration-invalid` or `storage-failed`; messages never hold any of the key.
 */
export async function loadOrCreateSigningKey(path: string): Promise<SigningKey> {
  try {
    return signingKey((await readKey(path)) ?? (await createKey(path)));
  } catch (error) {
    throw storageFailure(error, `load the signing key ${path}`);
  }
}

/** A signing key of an Ed25519 private key. */
export function signingKey(key: KeyObject): SigningKey {
  return {
    sign: (message) => signSshsig(key, signatureNamespace, message),
    signExport: (sha512) => signSshsigDigest(key, exportNamespace, sha512),
    exportSigners: renderAllowedSigner(signerPrincipal, exportNamespace, sshPublicKeyBlob(key)),
    trustedSigners: renderAllowedSigner(signerPrincipal, signatureNamespace, sshPublicKeyBlob(key)),
    deriveSecret: (purpose) =>
      Buffer.from(hkdfSync('sha256', key.export({ type: 'pkcs8', format: 'der' }), '', purpose, 32)),
  };
}

async function readKey(path: string): Promise<KeyObject | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const status = await file.stat();
    const { mode, size } = status;
    if ((mode & 0o077) !== 0) {
      throw invalid(path, 'others than its owner may read or change it; run `chmod 600` on it');
    }
    if (!status.isFile() || size > maxKeyFileSize)
      throw invalid(path, 'it is not an OpenSSH private key file');
    const result = readOpensshPrivateKey(await file.readFile('latin1'));
    if (result.kind === 'unreadable') throw invalid(path, result.message);
    return result.key;
  } finally {
    await file.close();
  }
}

async function createKey(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.tmp-${process.pid}`;
  await rm(temporary, { force: true });
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(writeOpensshPrivateKey(privateKey, 'ubugi drive signing key'));
      await file.sync();
    } finally {
      await file.close();
    }
    // link, unlike rename, does not replace a key that another server has made meanwhile.
    await link(temporary, path);
    await syncFolder(folder);
    return privateKey;
  } catch (error) {
    const others = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKey(path) : undefined;
    if (others === undefined) throw error;
    return others;
  } finally {
    await rm(temporary, { force: true });
  }
}

function invalid(path: string, message: string): AppError {
  return new AppError('configuration-invalid', `The signing key ${path} cannot be used: ${message}.`);
}
