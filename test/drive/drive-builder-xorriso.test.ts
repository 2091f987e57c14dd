import { generateKeyPairSync } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageInMemory } from '../../schemas/drive-format/image-source.ts';
import { readIsoImage } from '../../schemas/drive-format/iso9660-reader.ts';
import { verifyDrive } from '../../schemas/drive-format/verify-drive.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { createDriveBuilder } from '../../server/drive/drive-builder-xorriso.ts';
import { type DriveCache, openDriveCache } from '../../server/drive/drive-cache.ts';
import type { ImageFactory } from '../../server/drive/image-template.ts';
import { payloadOf } from '../../server/drive/payload.ts';
import { signingKey } from '../../server/drive/signing-key.ts';
import { openDriveWorkbench } from './drive-workbench.ts';
import { sampleGeneration, sampleId, sampleIdentity, samplePayload } from './sample-generation.ts';
import { temporaryFolder } from './temporary-folder.ts';

const validators = createValidators();

function paths(image: Buffer): readonly string[] {
  return readIsoImage(imageInMemory(image)).files.map((file) => file.path);
}

describe('the drive builder', () => {
  it('builds the same bytes for the same generation, payload and key, at any time and place', async () => {
    const key = signingKey(generateKeyPairSync('ed25519').privateKey);
    await using one = await openDriveWorkbench({ key });
    await using two = await openDriveWorkbench({ key });
    const image = await one.image(sampleGeneration());
    expect((await two.image(sampleGeneration())).equals(image)).toBe(true);
    // As a database gives it back: members in another order.
    const { guest } = sampleGeneration();
    const reordered = Object.fromEntries(Object.entries(guest).reverse()) as unknown as typeof guest;
    expect((await two.image({ ...sampleGeneration(), guest: reordered })).equals(image)).toBe(true);
    await using third = await openDriveWorkbench();
    expect((await third.image(sampleGeneration())).equals(image)).toBe(false);
  });

  it('builds another drive for everything that is on it', async () => {
    await using bench = await openDriveWorkbench();
    const images = [
      await bench.image(sampleGeneration()),
      await bench.image(sampleGeneration({ number: 2 })),
      await bench.image(sampleGeneration({ index: 2 })),
      await bench.image(sampleGeneration(), { ...sampleIdentity, availabilityZone: 'osaka' }),
      await bench.image(sampleGeneration(), { ...sampleIdentity, userData: 'e30=' }),
      await bench.image(sampleGeneration({ scripts: [{ name: 'a', content: 'exit 0\n' }] })),
    ];
    expect(new Set(images.map((image) => image.toString('latin1'))).size).toBe(images.length);
    for (const image of images) {
      const verified = verifyDrive(imageInMemory(image), {
        validators,
        trustedSigners: bench.trustedSigners,
      });
      expect(verified.kind).toBe('valid');
    }
  });

  it('limits a drive in time by policy, counted from the making of its generation', async () => {
    await using bench = await openDriveWorkbench();
    const image = await bench.image(sampleGeneration({ guest: { driveDays: 30 } }));
    const at = (now: string) =>
      verifyDrive(imageInMemory(image), {
        validators,
        trustedSigners: bench.trustedSigners,
        now: new Date(now),
      });
    expect(at('2026-02-01T03:04:05Z')).toMatchObject({
      kind: 'valid',
      manifest: { issuedAt: '2026-01-02T03:04:05Z', notAfter: '2026-02-01T03:04:05.000Z' },
    });
    expect(at('2026-02-01T03:04:06Z')).toMatchObject({ kind: 'refused', reason: 'expired' });
    // A clock that stands before the drive was made proves nothing against it.
    expect(at('1970-01-01T00:00:00Z').kind).toBe('valid');
  });

  it('builds a replay, which counts as the newest generation that it may follow', async () => {
    await using bench = await openDriveWorkbench();
    const generation = sampleGeneration({ number: 3 });
    const plain = await bench.builder.build(generation, sampleIdentity);
    const replay = await bench.builder.build(generation, sampleIdentity, { supersedes: 7 });
    expect(replay.path).not.toBe(plain.path);
    expect(await bench.builder.build(generation, sampleIdentity, { supersedes: 7 })).toEqual(replay);
    const image = imageInMemory(await readFile(replay.path));
    const verify = (minimumGeneration: number) =>
      verifyDrive(image, { validators, trustedSigners: bench.trustedSigners, minimumGeneration });
    expect(verify(7)).toMatchObject({
      kind: 'valid',
      manifest: { generation: 3, replay: { supersedes: 7 } },
    });
    expect(verify(8)).toMatchObject({ kind: 'refused', reason: 'older-generation' });
  });

  it('has the layout of the drive format', async () => {
    await using bench = await openDriveWorkbench();
    const plain = paths(await bench.image(sampleGeneration()));
    const versions = ['2012-08-10', '2013-04-04', '2013-10-17', '2015-10-15', '2016-06-30', '2016-10-06'];
    const all = [...versions, '2017-02-22', '2018-08-27', '2020-10-14', 'latest'];
    expect(plain.filter((path) => path.endsWith('/meta_data.json'))).toEqual(
      all.map((version) => `openstack/${version}/meta_data.json`),
    );
    expect(plain.filter((path) => path.startsWith('openstack/latest/'))).toEqual([
      'openstack/latest/meta_data.json',
      'openstack/latest/network_data.json',
      'openstack/latest/vendor_data.json',
      'openstack/latest/vendor_data2.json',
    ]);
    expect(plain.filter((path) => !path.startsWith('openstack/'))).toEqual([
      'ec2/latest/meta-data.json',
      'ubugi/agent/aarch64/ubugi-agent',
      'ubugi/agent/x86_64/ubugi-agent',
      'ubugi/guest.json',
      'ubugi/launch',
      'ubugi/manifest.json',
      'ubugi/manifest.sig',
    ]);
    const scripts = [{ name: '10-one', content: 'exit 0\n' }];
    const full = paths(
      await bench.image(sampleGeneration({ scripts }), { ...sampleIdentity, userData: 'e30=' }),
    );
    expect(full.filter((path) => !plain.includes(path))).toEqual([
      'ec2/latest/user-data',
      ...all.map((version) => `openstack/${version}/user_data`),
      'ubugi/scripts/10-one',
    ]);
  });

  it('says in the manifest whose drive it is, since when, and with which payload', async () => {
    await using bench = await openDriveWorkbench();
    const image = await bench.image(sampleGeneration({ index: 5, number: 7 }));
    const verified = verifyDrive(imageInMemory(image), { validators, trustedSigners: bench.trustedSigners });
    expect(verified).toMatchObject({
      kind: 'valid',
      manifest: {
        instance: sampleId(5),
        generation: 7,
        issuedAt: '2026-01-02T03:04:05Z',
        payload: bench.builder.payload,
      },
    });
  });

  it('builds a drive once, however many ask for it at once, and takes it from the cache afterwards', async () => {
    await using folder = await temporaryFolder();
    const real = await openDriveCache(
      { clock: { now: () => new Date() } },
      { folder: folder.path, limitBytes: 2 ** 30 },
    );
    let puts = 0;
    let building = 0;
    let most = 0;
    const cache: DriveCache = {
      ...real,
      put: async (key, image, instance) => {
        puts += 1;
        return real.put(key, image, instance);
      },
    };
    const images: ImageFactory = {
      image: async (files) => {
        building += 1;
        most = Math.max(most, building);
        await new Promise((resolve) => setImmediate(resolve));
        building -= 1;
        return files.map((file) => file.content);
      },
    };
    const key = signingKey(generateKeyPairSync('ed25519').privateKey);
    const builder = createDriveBuilder(
      { signingKey: key, payload: samplePayload, images, cache },
      { concurrency: 3 },
    );
    const many = Array.from({ length: 50 }, (_, index) =>
      builder.build(sampleGeneration({ index: index % 10 }), sampleIdentity),
    );
    const drives = await Promise.all(many);
    expect(puts).toBe(10);
    expect(most).toBe(3);
    expect(drives[13]).toEqual(drives[3]);
    await builder.build(sampleGeneration({ index: 3 }), sampleIdentity);
    expect(puts).toBe(10);
  });

  it('builds anew what was damaged in the cache', async () => {
    await using bench = await openDriveWorkbench();
    const built = await bench.builder.build(sampleGeneration(), sampleIdentity);
    const image = await readFile(built.path);
    await writeFile(built.path, image.subarray(0, image.length - 2048));
    expect(await bench.builder.build(sampleGeneration(), sampleIdentity)).toEqual(built);
    expect((await readFile(built.path)).equals(image)).toBe(true);
    expect((await readdir(join(bench.folder, 'cache'))).filter((name) => name.endsWith('.iso'))).toHaveLength(
      1,
    );
  });

  it('fails on scripts that clash by case, are too long, or are not those of the generation', async () => {
    await using bench = await openDriveWorkbench();
    const clashing = sampleGeneration({
      scripts: [
        { name: 'Run', content: 'exit 0\n' },
        { name: 'run', content: 'exit 0\n' },
      ],
    });
    await expect(bench.builder.build(clashing, sampleIdentity)).rejects.toMatchObject({
      code: 'drive-build-failed',
      message: expect.stringContaining('"ubugi/scripts/Run" and "ubugi/scripts/run"'),
    });
    const other = { ...sampleGeneration(), scripts: [{ name: 'a', content: '' }] };
    await expect(bench.builder.build(other, sampleIdentity)).rejects.toMatchObject({
      code: 'drive-build-failed',
      message: expect.stringContaining('web-1'),
    });
  });

  it('gives no two payloads the same hash', () => {
    const [first] = samplePayload.files;
    const changed = payloadOf(
      samplePayload.files.map((file) => (file === first ? { ...file, content: Buffer.from('x') } : file)),
    );
    expect(changed.sha256).not.toBe(samplePayload.sha256);
    expect(samplePayload.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});
