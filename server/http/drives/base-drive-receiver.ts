import { driveMediaType } from '../../../schemas/drive-format/drive-layout.ts';
import type { BaseDriveFiles } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import { printable } from '../../domain/printable.ts';
import { createBaseDrive } from '../../drive/base/base-drive.ts';
import { baseDriveLimits } from '../../drive/base/base-drive-limits.ts';
import { checkBaseFiles } from '../../drive/base/check-base-files.ts';
import { ownManifest } from '../../drive/base/own-drive.ts';
import { readBaseImage } from '../../drive/base/read-base-image.ts';
import { createLimiter } from '../../drive/limiter.ts';
import type { BaseDrive, BaseDriveFile } from '../../store/ports/base-drives.ts';
import type { StoredInstance } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import { mediaTypeOf, readBounded, readJsonBody, refuseCompressed } from '../json-body.ts';
import type { Principal } from '../principal.ts';
import { ProtocolError, requestInvalid } from '../problem.ts';

/** What was sent as Nova's drive. */
export type ReceivedDrive =
  | { readonly kind: 'base'; readonly base: BaseDrive }
  /** A drive of this server: what Nova put on it was recorded when it was merged. */
  | { readonly kind: 'own' };

/** Takes Nova's drives: reads, checks and records them. */
export interface BaseDriveReceiver {
  /** Reads the body of a request. Fails with `request-invalid`, naming the file that is wrong, and with `too-large`. */
  read(request: Request, instance: StoredInstance): Promise<ReceivedDrive>;
  /** Keeps the drive where it is another than the newest, with an event `base-drive-recorded`. */
  record(
    instance: StoredInstance,
    purpose: 'boot' | 'rescue',
    base: BaseDrive,
    principal: Principal,
  ): Promise<void>;
}

/** Drives that are read at a time: each takes its size in memory a few times over. */
const mostReading = 4;

/** Creates the receiver. */
export function createBaseDriveReceiver({
  store,
  clock,
  validators,
  driveBuilder,
}: Pick<AppPorts, 'store' | 'clock' | 'validators' | 'driveBuilder'>): BaseDriveReceiver {
  const limit = createLimiter(mostReading);
  const validate = validators.api<BaseDriveFiles>('baseDriveFiles');

  async function filesOf(request: Request): Promise<readonly BaseDriveFile[]> {
    if (mediaTypeOf(request) === driveMediaType) {
      refuseCompressed(request);
      return readBaseImage(await readBounded(request, baseDriveLimits.imageBytes));
    }
    if (mediaTypeOf(request) !== 'application/json') {
      throw new ProtocolError(415, `the body must be ${driveMediaType} or JSON; say which in Content-Type`, {
        Accept: `${driveMediaType}, application/json`,
      });
    }
    const validated = validate(await readJsonBody(request, baseDriveLimits.jsonBytes));
    if (validated.kind === 'invalid') throw requestInvalid('body', validated.problems);
    return decoded(validated.value);
  }

  return {
    read: (request, { id }) =>
      limit(async () => {
        const files = await filesOf(request);
        const now = clock.now();
        const own = ownManifest(files, { trustedSigners: driveBuilder.trustedSigners, validators, now });
        if (own?.instance === id) return { kind: 'own' };
        checkBaseFiles(files, id);
        return { kind: 'base', base: createBaseDrive(files, now.toISOString()) };
      }),

    record: async ({ id }, purpose, base, principal) => {
      // A boot of thousands sends what is known: without a write transaction each.
      const known = await store.baseDrive(id, purpose === 'boot' ? 'newest' : 'rescue');
      if (known?.sha256 === base.sha256) return;
      await store.transaction(async (transaction) => {
        await transaction.instance(id);
        const outcome = await transaction.recordBaseDrive(id, purpose, base);
        if (outcome === 'unchanged') return;
        await transaction.noteDriveChange([id]);
        await transaction.appendEvent({
          at: base.seenAt,
          actor: principal.actor,
          action: 'base-drive-recorded',
          instance: id,
          reason: `Nova's config drive of ${purpose === 'boot' ? 'a boot' : 'a rescue'} was seen ${outcome === 'first' ? 'for the first time' : 'and is another than before'}`,
          details: {
            outcome,
            purpose,
            sha256: base.sha256,
            files: base.files.length,
            bytes: base.files.reduce((sum, { content }) => sum + content.length, 0),
            hypervisor: principal.hypervisor,
          },
        });
      });
    },
  };
}

function decoded({ files }: BaseDriveFiles): readonly BaseDriveFile[] {
  const seen = new Set<string>();
  return files.map(({ path, content: text }) => {
    const content = Buffer.from(text, 'base64');
    if (content.toString('base64') !== text)
      throw refused(path, 'is not in base64; encode its bytes with padding');
    if (seen.has(path)) throw refused(path, 'is given twice; send each file once');
    seen.add(path);
    return { path, content };
  });
}

function refused(path: string, what: string): AppError {
  return new AppError('request-invalid', `the drive cannot be merged: ${printable(path)} ${what}`);
}
