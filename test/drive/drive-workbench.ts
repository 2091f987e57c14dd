import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AllowedSigner, parseAllowedSigners } from '../../schemas/drive-format/allowed-signers.ts';
import { systemClock } from '../../server/domain/clock.ts';
import type { DriveBuilder, DriveIdentity } from '../../server/drive/drive-builder.ts';
import { openDriveBuilder } from '../../server/drive/drive-builder-xorriso.ts';
import type { Payload } from '../../server/drive/payload.ts';
import { type SigningKey, signingKey } from '../../server/drive/signing-key.ts';
import type { ReportDestination } from '../../server/drive/tree/report-channel.ts';
import type { StoredGeneration } from '../../server/store/store.ts';
import { sampleIdentity, samplePayload } from './sample-generation.ts';

/** A real drive builder in a temporary folder. */
export interface DriveWorkbench {
  readonly folder: string;
  readonly key: SigningKey;
  readonly builder: DriveBuilder;
  readonly trustedSigners: readonly AllowedSigner[];
  /** Builds a drive. @returns its bytes. */
  image(generation: StoredGeneration, identity?: DriveIdentity): Promise<Buffer>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens a workbench; the temporary folder goes with it. */
export async function openDriveWorkbench(
  options: {
    readonly payload?: Payload;
    readonly key?: SigningKey;
    readonly reports?: ReportDestination;
  } = {},
): Promise<DriveWorkbench> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-drive-'));
  const key = options.key ?? signingKey(generateKeyPairSync('ed25519').privateKey);
  const builder = await openDriveBuilder(
    {
      signingKey: key,
      payload: options.payload ?? samplePayload,
      clock: systemClock,
      reports: options.reports,
    },
    {
      cacheFolder: join(folder, 'cache'),
      cacheLimitBytes: 2 ** 30,
      buildTimeoutMs: 30_000,
      concurrency: 4,
    },
  );
  return {
    folder,
    key,
    builder,
    trustedSigners: signersOf(key.trustedSigners),
    image: async (generation, identity = sampleIdentity) =>
      readFile((await builder.build(generation, identity)).path),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The signers of an allowed signers file that must be right. */
export function signersOf(text: string): readonly AllowedSigner[] {
  const parsed = parseAllowedSigners(text);
  if (parsed.kind === 'invalid')
    throw new Error(parsed.problems.map((problem) => problem.message).join('; '));
  return parsed.signers;
}
