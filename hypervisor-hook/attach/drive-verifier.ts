import type { AllowedSigner } from '../../schemas/drive-format/allowed-signers.ts';
import { imageInMemory } from '../../schemas/drive-format/image-source.ts';
import { effectiveGeneration } from '../../schemas/drive-format/manifest-text.ts';
import { verifyDrive } from '../../schemas/drive-format/verify-drive.ts';
import type { Validators } from '../../schemas/validation/validator.ts';

/**
 * Whether an image is a drive that this host accepts; `reason` is half a sentence. One that has expired is accepted, and
 * `expiredAt` is set: guests refuse it by themselves and keep what they have, which a machine that is not started cannot.
 */
export type DriveVerdict =
  | {
      readonly kind: 'valid';
      readonly generation: number;
      /** Of a replay the newest generation that it may follow. */
      readonly effective: number;
      readonly isReplay: boolean;
      readonly expiredAt: Date | undefined;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** Checks signature, hashes, instance and generation of an image, and whether it has expired. Never throws. */
export type DriveVerifier = (image: Buffer, instance: string, minimumGeneration: number) => DriveVerdict;

/** A verifier that accepts the drives of these signers. */
export function createDriveVerifier(
  validators: Pick<Validators, 'manifest' | 'guestConfiguration'>,
  trustedSigners: readonly AllowedSigner[],
  now: () => Date,
): DriveVerifier {
  return (image, instance, minimumGeneration) => {
    const at = now();
    const verification = verifyDrive(imageInMemory(image), {
      validators,
      trustedSigners,
      instance,
      minimumGeneration,
      now: at,
      refuseExpired: false,
    });
    if (verification.kind === 'refused') return { kind: 'refused', reason: verification.message };
    const { manifest } = verification;
    const { generation, notAfter } = manifest;
    const effective = effectiveGeneration(manifest);
    const end = notAfter === undefined ? undefined : new Date(notAfter);
    return {
      kind: 'valid',
      generation,
      effective,
      isReplay: manifest.replay !== undefined,
      expiredAt: end !== undefined && at > end ? end : undefined,
    };
  };
}
