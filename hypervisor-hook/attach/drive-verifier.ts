import type { AllowedSigner } from '../../schemas/drive-format/allowed-signers.ts';
import { imageInMemory } from '../../schemas/drive-format/image-source.ts';
import { verifyDrive } from '../../schemas/drive-format/verify-drive.ts';
import type { Validators } from '../../schemas/validation/validator.ts';

/** Whether an image is a drive that this host accepts; `reason` is half a sentence. */
export type DriveVerdict =
  | { readonly kind: 'valid'; readonly generation: number }
  | { readonly kind: 'refused'; readonly reason: string };

/** Checks signature, hashes, instance, generation and end of validity of an image. Never throws. */
export type DriveVerifier = (image: Buffer, instance: string, minimumGeneration: number) => DriveVerdict;

/** A verifier that accepts the drives of these signers. */
export function createDriveVerifier(
  validators: Pick<Validators, 'manifest' | 'guestConfiguration'>,
  trustedSigners: readonly AllowedSigner[],
  now: () => Date,
): DriveVerifier {
  return (image, instance, minimumGeneration) => {
    const verification = verifyDrive(imageInMemory(image), {
      validators,
      trustedSigners,
      instance,
      minimumGeneration,
      now: now(),
    });
    return verification.kind === 'valid'
      ? { kind: 'valid', generation: verification.manifest.generation }
      : { kind: 'refused', reason: verification.message };
  };
}
