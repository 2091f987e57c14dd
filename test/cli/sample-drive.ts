import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../server/domain/clock.ts';
import type { DriveVariant } from '../../server/drive/drive-builder.ts';
import { openDriveBuilder } from '../../server/drive/drive-builder-xorriso.ts';
import { signingKey } from '../../server/drive/signing-key.ts';
import { sampleGeneration, sampleIdentity, samplePayload } from '../drive/sample-generation.ts';

/** A real drive and the signers file that it verifies against. */
export interface SampleDrive {
  readonly image: string;
  readonly trustedSigners: string;
}

/** Builds the drive of the sample generation with a new key in `folder`. */
export async function buildSampleDrive(
  folder: string,
  name: string,
  variant?: DriveVariant,
): Promise<SampleDrive> {
  const cacheFolder = join(folder, `${name}-cache`);
  await mkdir(cacheFolder);
  const builder = await openDriveBuilder(
    {
      signingKey: signingKey(generateKeyPairSync('ed25519').privateKey),
      payload: samplePayload,
      clock: systemClock,
    },
    { cacheFolder, cacheLimitBytes: 100_000_000, buildTimeoutMs: 30_000, concurrency: 1 },
  );
  const built = await builder.build(sampleGeneration({ number: 3 }), sampleIdentity, variant);
  const image = join(folder, `${name}.iso`);
  const trustedSigners = join(folder, `${name}.signers`);
  await copyFile(built.path, image);
  await writeFile(trustedSigners, `${builder.trustedSigners.trimEnd()}\n`);
  return { image, trustedSigners };
}
