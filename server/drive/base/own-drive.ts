import { findSigner, parseAllowedSigners } from '../../../schemas/drive-format/allowed-signers.ts';
import {
  drivePaths,
  signatureNamespace,
  signerPrincipal,
} from '../../../schemas/drive-format/drive-layout.ts';
import { DriveRefusal } from '../../../schemas/drive-format/drive-refusal.ts';
import { parseManifest } from '../../../schemas/drive-format/manifest.ts';
import { parseSshsig, verifySshsig } from '../../../schemas/drive-format/sshsig.ts';
import type { Manifest } from '../../../schemas/types/manifest.ts';
import type { Validators } from '../../../schemas/validation/validator.ts';
import type { BaseDriveFile } from '../../store/ports/base-drives.ts';

/**
 * The manifest of a drive that this server has signed itself; undefined for any other. Only the signature is looked at:
 * nothing is taken from such a drive.
 * @param trustedSigners the server's own key, as allowed signers
 */
export function ownManifest(
  files: readonly BaseDriveFile[],
  {
    trustedSigners,
    validators,
    now,
  }: {
    readonly trustedSigners: string;
    readonly validators: Pick<Validators, 'manifest'>;
    readonly now: Date;
  },
): Manifest | undefined {
  const manifest = files.find(({ path }) => path === drivePaths.manifest)?.content;
  const armored = files.find(({ path }) => path === drivePaths.signature)?.content;
  const signers = parseAllowedSigners(trustedSigners);
  if (manifest === undefined || armored === undefined || signers.kind === 'invalid') return undefined;
  try {
    const signature = parseSshsig(armored.toString('latin1'));
    if (!verifySshsig(signature, signatureNamespace, manifest)) return undefined;
    const wanted = {
      publicKey: signature.publicKey,
      principal: signerPrincipal,
      namespace: signatureNamespace,
      now,
    };
    if (findSigner(signers.signers, wanted) === undefined) return undefined;
    return parseManifest(manifest, validators.manifest);
  } catch (error) {
    if (error instanceof DriveRefusal) return undefined;
    throw error;
  }
}
