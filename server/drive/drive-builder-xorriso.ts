import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { driveLabel, drivePaths, maxFileSize } from '../../schemas/drive-format/drive-layout.ts';
import { manifestSchema } from '../../schemas/drive-format/manifest.ts';
import { renderManifest } from '../../schemas/drive-format/manifest-text.ts';
import type { Clock } from '../domain/clock.ts';
import { driveExpiry } from '../domain/drive-validity.ts';
import { AppError } from '../domain/errors.ts';
import type { StoredGeneration } from '../store/store.ts';
import { mergeOntoBase } from './base/merge-onto-base.ts';
import type { BuiltDrive, DriveBuilder, DriveIdentity, DriveVariant } from './drive-builder.ts';
import { type DriveCache, openDriveCache, temporaryCachePath } from './drive-cache.ts';
import type { DriveFile } from './drive-file.ts';
import { checkImageNames } from './image-names.ts';
import { createImageFactory, type ImageFactory } from './image-template.ts';
import { createIsoImager } from './iso9660.ts';
import { createLimiter } from './limiter.ts';
import type { Payload } from './payload.ts';
import type { SigningKey } from './signing-key.ts';
import { storageFailure } from './storage-failure.ts';
import { ec2Tree } from './tree/ec2-tree.ts';
import { openstackTree } from './tree/openstack-tree.ts';
import { type ReportDestination, reportChannelFiles } from './tree/report-channel.ts';
import { ubugiTree } from './tree/ubugi-tree.ts';

/** What a drive builder is made of. */
export interface DriveBuilderPorts {
  readonly signingKey: SigningKey;
  readonly payload: Payload;
  readonly images: ImageFactory;
  readonly cache: DriveCache;
  /** Undefined: guests are not told of one. */
  readonly reports?: ReportDestination | undefined;
}

/** Part of a drive's key in the cache: raise it when the same manifest would give another image. */
const imageFormat = 1;

/** Most files that a manifest may list: its schema says the same. */
const maxFiles = 4096;

/** A drive builder. @param options.concurrency drives that are built at once. */
export function createDriveBuilder(
  ports: DriveBuilderPorts,
  options: { readonly concurrency: number },
): DriveBuilder {
  const { signingKey, payload, images, cache, reports } = ports;
  const limit = createLimiter(options.concurrency);
  const underWay = new Map<string, Promise<BuiltDrive>>();
  const payloadHashes = new Map<Buffer, string>(payload.files.map((file) => [file.content, file.sha256]));

  async function findOrBuild(
    key: string,
    {
      instance,
      files,
      manifest,
    }: { readonly instance: string; readonly files: readonly DriveFile[]; readonly manifest: Buffer },
  ): Promise<BuiltDrive> {
    const cached = await cache.get(key);
    if (cached !== undefined) return cached;
    return limit(async () => {
      const signature = Buffer.from(signingKey.sign(manifest));
      const image = await images.image([
        ...files,
        { path: drivePaths.manifest, content: manifest },
        { path: drivePaths.signature, content: signature },
      ]);
      return cache.put(key, image, instance);
    });
  }

  return {
    payload: payload.sha256,
    trustedSigners: signingKey.trustedSigners,
    build: async (generation, identity, variant = {}) => {
      const files = driveFiles(generation, identity, payload, reports, variant.reportCounter);
      const manifest = driveManifest({ generation, variant, files, payload }, payloadHashes);
      const key = createHash('sha256')
        .update(`${imageFormat}\n${signingKey.trustedSigners}\n`)
        .update(manifest)
        .digest('hex');
      const running = underWay.get(key);
      if (running !== undefined) return running;
      const { id: instance } = generation.guest.instance;
      const work = findOrBuild(key, { instance, files, manifest }).finally(() => underWay.delete(key));
      underWay.set(key, work);
      return work;
    },
    cachedInstances: () => cache.instances(),
    forget: (instance) => cache.forget(instance),
  };
}

/** Settings of the whole drive builder, as the server's configuration has them. */
export interface DriveBuilderOptions {
  readonly cacheFolder: string;
  readonly cacheLimitBytes: number;
  /** Milliseconds that one run of xorriso may take. */
  readonly buildTimeoutMs: number;
  /** Drives that are built at once. */
  readonly concurrency: number;
}

/** A drive builder with its cache and its imager, for a composition root. Fails with `storage-failed`. */
export async function openDriveBuilder(
  ports: Pick<DriveBuilderPorts, 'signingKey' | 'payload' | 'reports'> & { readonly clock: Clock },
  options: DriveBuilderOptions,
): Promise<DriveBuilder> {
  const { signingKey, payload, reports, clock } = ports;
  const cache = await openDriveCache(
    { clock },
    { folder: options.cacheFolder, limitBytes: options.cacheLimitBytes },
  );
  const folder = temporaryCachePath(options.cacheFolder, 'staging');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageFailure(error, `prepare the building of drives in ${folder}`);
  }
  const imager = createIsoImager({
    stagingFolder: folder,
    volumeId: driveLabel,
    timeoutMs: options.buildTimeoutMs,
  });
  const images = createImageFactory({ imager }, { folder });
  return createDriveBuilder(
    { signingKey, payload, images, cache, reports },
    { concurrency: options.concurrency },
  );
}

/** Every file of a drive but manifest and signature. Fails with `drive-build-failed` for names that an image cannot have. */
export function driveFiles(
  generation: StoredGeneration,
  identity: DriveIdentity,
  payload: Payload,
  reports?: ReportDestination,
  reportCounter?: number,
): readonly DriveFile[] {
  const ours = [
    ...openstackTree(generation, identity),
    ...ec2Tree(generation, identity),
    ...ubugiTree(generation),
    ...reportChannelFiles(generation, reports, reportCounter),
    ...payload.files,
  ];
  const files = identity.base === undefined ? ours : mergeOntoBase(identity.base, ours);
  checkImageNames([...files.map((file) => file.path), drivePaths.manifest, drivePaths.signature]);
  const name = generation.guest.instance.name;
  if (files.length > maxFiles) {
    throw new AppError(
      'drive-build-failed',
      `Cannot build the drive of ${name}: it has more than ${maxFiles} files.`,
    );
  }
  const tooLarge = files.find((file) => file.content.length > maxFileSize);
  if (tooLarge !== undefined) {
    throw new AppError(
      'drive-build-failed',
      `Cannot build the drive of ${name}: ${tooLarge.path} has more than ${maxFileSize} bytes; make it smaller.`,
    );
  }
  return files;
}

/** What goes into a manifest. */
interface ManifestParts {
  readonly generation: StoredGeneration;
  readonly variant: DriveVariant;
  readonly files: readonly DriveFile[];
  readonly payload: Payload;
}

/** @param known hashes of contents that stay the same from drive to drive. */
function driveManifest(
  { generation, variant, files, payload }: ManifestParts,
  known: ReadonlyMap<Buffer, string>,
): Buffer {
  const hashes = new Map(known);
  function hash(content: Buffer): string {
    const value = hashes.get(content) ?? createHash('sha256').update(content).digest('hex');
    hashes.set(content, value);
    return value;
  }
  const notAfter = driveExpiry(generation.guest, generation.createdAt);
  const { supersedes } = variant;
  return Buffer.from(
    renderManifest({
      schema: manifestSchema,
      instance: generation.guest.instance.id,
      generation: generation.number,
      issuedAt: generation.createdAt,
      ...(notAfter === undefined ? {} : { notAfter }),
      ...(supersedes === undefined ? {} : { replay: { supersedes } }),
      payload: payload.sha256,
      files: files.map(({ path, content }) => ({ path, size: content.length, sha256: hash(content) })),
    }),
  );
}
