import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderAllowedSigner } from '../../../schemas/drive-format/allowed-signers.ts';
import { DriveRefusal } from '../../../schemas/drive-format/drive-refusal.ts';
import { keyFingerprint, sshPublicKeyBlob } from '../../../schemas/drive-format/ed25519-key.ts';
import {
  readOpensshPrivateKey,
  writeOpensshPrivateKey,
} from '../../../schemas/drive-format/openssh-private-key.ts';
import { parseSshsig, signSshsig, verifySshsig } from '../../../schemas/drive-format/sshsig.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const blob = sshPublicKeyBlob(privateKey);
const message = Buffer.from('{ "the": "manifest" }\n');

describe('sshsig against ssh-keygen', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-sshsig-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function keygenVerifies(signature: string, namespace: string, signers: string): Promise<boolean> {
    await writeFile(join(folder, 'message.sig'), signature);
    await writeFile(join(folder, 'signers'), `${signers}\n`);
    const files = ['-f', join(folder, 'signers'), '-s', join(folder, 'message.sig')];
    const result = await execa('ssh-keygen', ['-Y', 'verify', '-I', 'ubugi', '-n', namespace, ...files], {
      input: message,
      reject: false,
      timeout: 10_000,
    });
    return result.exitCode === 0;
  }

  it('makes what ssh-keygen -Y verify accepts, for the right key, namespace and message only', async () => {
    const signature = signSshsig(privateKey, 'ubugi-drive', message);
    const signers = renderAllowedSigner('ubugi', 'ubugi-drive', blob);
    expect(await keygenVerifies(signature, 'ubugi-drive', signers)).toBe(true);
    expect(await keygenVerifies(signature, 'file', signers)).toBe(false);
    const other = sshPublicKeyBlob(generateKeyPairSync('ed25519').privateKey);
    expect(
      await keygenVerifies(signature, 'ubugi-drive', renderAllowedSigner('ubugi', 'ubugi-drive', other)),
    ).toBe(false);
    const changed = signSshsig(privateKey, 'ubugi-drive', Buffer.from('other'));
    expect(await keygenVerifies(changed, 'ubugi-drive', signers)).toBe(false);
  });

  it('writes a key that ssh-keygen reads and signs with, and accepts that signature', async () => {
    const keyFile = join(folder, 'key');
    await writeFile(keyFile, writeOpensshPrivateKey(privateKey, 'signing key'), { mode: 0o600 });
    const { stdout } = await execa('ssh-keygen', ['-l', '-f', keyFile], { timeout: 10_000 });
    expect(stdout).toContain(keyFingerprint(blob));
    for (const hash of ['sha512', 'sha256']) {
      const args = ['-Y', 'sign', '-n', 'ubugi-drive', '-O', `hashalg=${hash}`, '-f', keyFile];
      const { stdout: armored } = await execa('ssh-keygen', args, { input: message, timeout: 10_000 });
      const signature = parseSshsig(armored);
      expect(signature).toMatchObject({ namespace: 'ubugi-drive', hashAlgorithm: hash, publicKey: blob });
      expect(verifySshsig(signature, 'ubugi-drive', message)).toBe(true);
      expect(verifySshsig(signature, 'file', message)).toBe(false);
      expect(verifySshsig(signature, 'ubugi-drive', Buffer.from('other'))).toBe(false);
    }
  });

  it('gives byte for byte the signature of ssh-keygen', async () => {
    const keyFile = join(folder, 'same');
    await writeFile(keyFile, writeOpensshPrivateKey(privateKey, ''), { mode: 0o600 });
    const args = ['-Y', 'sign', '-n', 'ubugi-drive', '-f', keyFile];
    const { stdout } = await execa('ssh-keygen', args, { input: message, timeout: 10_000 });
    expect(signSshsig(privateKey, 'ubugi-drive', message)).toBe(`${stdout}\n`);
  });

  it('reads a key that ssh-keygen made, and says why it does not read others', async () => {
    async function made(args: readonly string[]): Promise<string> {
      const path = await mkdtemp(join(folder, 'made-'));
      await execa('ssh-keygen', ['-q', '-C', 'someone', '-f', join(path, 'key'), ...args], {
        timeout: 20_000,
      });
      return readFile(join(path, 'key'), 'latin1');
    }
    const read = readOpensshPrivateKey(await made(['-t', 'ed25519', '-N', '']));
    expect(read).toMatchObject({ kind: 'key', comment: 'someone' });
    const key = read.kind === 'key' ? read.key : privateKey;
    expect(key).not.toBe(privateKey);
    expect(verifySshsig(parseSshsig(signSshsig(key, 'n', message)), 'n', message)).toBe(true);
    expect(readOpensshPrivateKey(await made(['-t', 'ed25519', '-N', 'secret']))).toMatchObject({
      message: expect.stringContaining('encrypted'),
    });
    expect(readOpensshPrivateKey(await made(['-t', 'ecdsa', '-N', '']))).toMatchObject({
      message: expect.stringContaining('not an Ed25519 key'),
    });
  });
});

describe('parseSshsig', () => {
  function fits(armored: string): boolean {
    try {
      const signature = parseSshsig(armored);
      return verifySshsig(signature, 'ubugi-drive', message) && signature.publicKey.equals(blob);
    } catch (error) {
      if (error instanceof DriveRefusal) return false;
      throw error;
    }
  }

  it('refuses every changed byte or finds that the signature does not fit', () => {
    const armored = signSshsig(privateKey, 'ubugi-drive', message);
    fc.assert(
      fc.property(fc.nat(armored.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(armored, 'latin1');
        bytes.writeUInt8(bytes.readUInt8(at) ^ change, at);
        const plain = bytes.toString('latin1').replaceAll(/[\r\n]/g, '');
        // Only where lines end may a byte differ without a difference in meaning.
        expect(fits(bytes.toString('latin1')) && plain !== armored.replaceAll('\n', '')).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('throws nothing but its refusal', () => {
    const begin = '-----BEGIN SSH SIGNATURE-----\n';
    const end = '\n-----END SSH SIGNATURE-----\n';
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.uint8Array().map((bytes) => begin + Buffer.from(bytes).toString('base64') + end),
          fc
            .uint8Array()
            .map(
              (bytes) =>
                begin + Buffer.concat([Buffer.from('SSHSIG\0\0\0\u0001'), bytes]).toString('base64') + end,
            ),
        ),
        (text) => {
          expect(() => parseSshsig(text)).toThrow(DriveRefusal);
        },
      ),
    );
  });
});

describe('readOpensshPrivateKey', () => {
  it('never throws, and takes no changed key for a key', () => {
    const written = writeOpensshPrivateKey(privateKey, 'comment');
    const middle = written.split('\n').slice(1, -2).join('');
    const bytes = Buffer.from(middle, 'base64');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ change, at);
        const text = written.replace(/\n[^-]+\n/, `\n${changed.toString('base64')}\n`);
        const result = readOpensshPrivateKey(text);
        const same =
          result.kind === 'key' ? sshPublicKeyBlob(result.key).equals(blob) : result.message !== '';
        expect(same).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(readOpensshPrivateKey('')).toMatchObject({ kind: 'unreadable' });
    expect(readOpensshPrivateKey(written.slice(0, 200))).toMatchObject({ kind: 'unreadable' });
  });
});
