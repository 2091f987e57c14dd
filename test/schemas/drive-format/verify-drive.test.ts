import { generateKeyPairSync } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageInFile, imageInMemory } from '../../../schemas/drive-format/image-source.ts';
import { type IsoImage, readIsoImage } from '../../../schemas/drive-format/iso9660-reader.ts';
import {
  type DriveExpectations,
  type DriveVerification,
  verifyDrive,
} from '../../../schemas/drive-format/verify-drive.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { createIsoImager } from '../../../server/drive/iso9660.ts';
import { signingKey } from '../../../server/drive/signing-key.ts';
import { type DriveWorkbench, openDriveWorkbench, signersOf } from '../../drive/drive-workbench.ts';
import { sampleGeneration, sampleId, sampleIdentity } from '../../drive/sample-generation.ts';
import { rebuildImage } from './rebuild-image.ts';

const validators = createValidators();

describe('verifyDrive', () => {
  let bench: DriveWorkbench;
  let drive: Buffer;
  let image: IsoImage;

  beforeAll(async () => {
    bench = await openDriveWorkbench();
    drive = await bench.image(sampleGeneration({ number: 3 }));
    image = readIsoImage(imageInMemory(drive));
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  function verify(bytes: Buffer, change: Partial<DriveExpectations> = {}): DriveVerification {
    return verifyDrive(imageInMemory(bytes), { validators, trustedSigners: bench.trustedSigners, ...change });
  }

  function reason(bytes: Buffer, change: Partial<DriveExpectations> = {}): string {
    const result = verify(bytes, change);
    return result.kind === 'refused' ? result.reason : result.kind;
  }

  function place(path: string): { readonly start: number; readonly end: number } {
    const file = image.files.find((candidate) => candidate.path === path);
    if (file === undefined) throw new Error(`no ${path}`);
    return { start: file.extent.sector * 2048, end: file.extent.sector * 2048 + file.size };
  }

  function flipped(offset: number, bit = 1): Buffer {
    const bytes = Buffer.from(drive);
    bytes.writeUInt8(bytes.readUInt8(offset) ^ bit, offset);
    return bytes;
  }

  it('accepts a drive and says what is on it', () => {
    const result = verify(drive, { instance: sampleId(1), minimumGeneration: 3 });
    expect(result).toMatchObject({
      kind: 'valid',
      manifest: { instance: sampleId(1), generation: 3, payload: bench.builder.payload },
      guest: { hostname: { name: 'web-1' } },
      signer: { trusted: true, fingerprint: expect.stringMatching(/^SHA256:/) },
    });
    expect(result.kind === 'valid' && result.files.map((file) => file.path)).toContain('ubugi/manifest.sig');
  });

  it('reads a drive from an open file as from memory', async () => {
    const { path } = await bench.builder.build(sampleGeneration({ number: 3 }), sampleIdentity);
    const descriptor = openSync(path, 'r');
    try {
      const fromFile = verifyDrive(imageInFile(descriptor), {
        validators,
        trustedSigners: bench.trustedSigners,
      });
      expect(fromFile).toEqual(verify(drive));
    } finally {
      closeSync(descriptor);
    }
  });

  it('accepts any signer where none is pinned, and says so', () => {
    expect(verify(drive, { trustedSigners: undefined })).toMatchObject({
      kind: 'valid',
      signer: { trusted: false },
    });
  });

  it('refuses one flipped bit anywhere in any file', () => {
    const missed: string[] = [];
    for (const file of image.files) {
      const { start, end } = place(file.path);
      const step = Math.max(1, Math.floor((end - start) / 23));
      for (let offset = start; offset < end; offset += step) {
        if (reason(flipped(offset, 1 << (offset % 8))) === 'valid') missed.push(`${file.path} at ${offset}`);
      }
    }
    expect(missed).toEqual([]);
  });

  it('refuses every bit that is set in the padding and the system area', () => {
    for (const file of ['ubugi/guest.json', 'ubugi/launch', 'openstack/latest/meta_data.json']) {
      expect(reason(flipped(place(file).end))).toBe('hidden-data');
    }
    expect(reason(flipped(0))).toBe('hidden-data');
    expect(reason(flipped(16 * 2048 - 1))).toBe('hidden-data');
    expect(reason(flipped(drive.length - 1))).toBe('hidden-data');
  });

  it('says what was changed', () => {
    expect(reason(flipped(place('ubugi/guest.json').start + 40))).toBe('wrong-hash');
    expect(reason(flipped(place('ubugi/manifest.json').start + 40))).toBe('bad-signature');
    expect(reason(flipped(place('ubugi/manifest.sig').start + 60))).toBe('bad-signature');
  });

  it('refuses an image that is cut off or longer', () => {
    expect(reason(drive.subarray(0, drive.length - 2048))).toBe('truncated');
    expect(reason(drive.subarray(0, drive.length - 1))).toBe('truncated');
    expect(reason(drive.subarray(0, 17 * 2048))).toBe('not-an-iso-image');
    expect(reason(Buffer.alloc(0))).toBe('not-an-iso-image');
    expect(reason(Buffer.concat([drive, Buffer.alloc(2048)]))).toBe('trailing-data');
  });

  it('refuses a drive of another instance, of an older generation, and an unknown signer', () => {
    expect(reason(drive, { instance: sampleId(2) })).toBe('wrong-instance');
    expect(reason(drive, { minimumGeneration: 4 })).toBe('older-generation');
    const other = signingKey(generateKeyPairSync('ed25519').privateKey);
    expect(reason(drive, { trustedSigners: signersOf(other.trustedSigners) })).toBe('unknown-signer');
    expect(reason(drive, { trustedSigners: [] })).toBe('unknown-signer');
    const [signer] = bench.trustedSigners;
    const expired = signer === undefined ? [] : [{ ...signer, validBefore: new Date('2020-01-01') }];
    expect(reason(drive, { trustedSigners: expired })).toBe('unknown-signer');
  });

  it('refuses a tree with something added, removed or renamed', async () => {
    const rebuild = rebuildImage(bench, image);
    expect(reason(await rebuild((files) => files))).toBe('valid');
    const extra = { path: 'ubugi/scripts/extra', content: Buffer.from('#!/bin/sh\n') };
    expect(reason(await rebuild((files) => [...files, extra]))).toBe('unlisted-file');
    expect(reason(await rebuild((files) => files.filter(({ path }) => path !== 'ubugi/launch')))).toBe(
      'missing-file',
    );
    expect(reason(await rebuild((files) => files.filter(({ path }) => path !== 'ubugi/manifest.sig')))).toBe(
      'missing-file',
    );
    const longer = await rebuild((files) =>
      files.map((file) =>
        file.path === 'ubugi/launch'
          ? { ...file, content: Buffer.concat([file.content, Buffer.from('#')]) }
          : file,
      ),
    );
    expect(reason(longer)).toBe('wrong-size');
  });

  it('refuses a manifest that is signed but says something else', async () => {
    const rebuild = rebuildImage(bench, image);
    const signed = (change: (text: string) => string) => rebuild((files) => files, change);
    expect(reason(await signed((text) => text))).toBe('valid');
    expect(reason(await signed((text) => text.replace('  "generation": 3', '  "generation":3')))).toBe(
      'manifest-invalid',
    );
    expect(
      reason(await signed((text) => text.replace('"generation": 3', '"generation": 3,\n  "generation": 4'))),
    ).toBe('manifest-invalid');
    expect(reason(await signed((text) => text.replace('ubugi/launch', '../etc/launch')))).toBe(
      'manifest-invalid',
    );
    expect(reason(await signed(() => 'no JSON'))).toBe('manifest-invalid');
    expect(reason(await signed((text) => text.replace(sampleId(1), sampleId(2))))).toBe('wrong-instance');
    const limited = await signed((text) =>
      text.replace(',\n  "payload"', ',\n  "notAfter": "2026-02-01T00:00:00Z",\n  "payload"'),
    );
    expect(reason(limited, { now: new Date('2026-01-31T00:00:00Z') })).toBe('valid');
    const later = new Date('2026-02-01T00:00:01Z');
    expect(reason(limited, { now: later })).toBe('expired');
    expect(reason(limited, { now: later, refuseExpired: false })).toBe('valid');
  });

  it('refuses another label, and a guest configuration that is none', async () => {
    const files = image.files.map((file) => ({ path: file.path, content: image.read(file) }));
    const imager = createIsoImager({ stagingFolder: bench.folder, volumeId: 'CIDATA', timeoutMs: 30_000 });
    const rebuild = rebuildImage(bench, image, imager);
    expect(reason(await rebuild(() => files))).toBe('wrong-label');
    const broken = await bench.image(sampleGeneration({ guest: { hostname: { name: 'no host name' } } }));
    expect(reason(broken)).toBe('guest-configuration-invalid');
  });
});
