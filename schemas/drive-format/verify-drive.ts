import { createHash } from 'node:crypto';
import type { GuestConfiguration } from '../types/guest-configuration.ts';
import type { Manifest } from '../types/manifest.ts';
import type { Validators } from '../validation/validator.ts';
import { type AllowedSigner, findSigner } from './allowed-signers.ts';
import { driveLabel, drivePaths, signatureNamespace, signerPrincipal } from './drive-layout.ts';
import { DriveRefusal, type RefusalReason } from './drive-refusal.ts';
import { keyFingerprint } from './ed25519-key.ts';
import type { ImageSource } from './image-source.ts';
import { type IsoFile, type IsoImage, readIsoImage } from './iso9660-reader.ts';
import { parseManifest } from './manifest.ts';
import { effectiveGeneration } from './manifest-text.ts';
import { parseSshsig, verifySshsig } from './sshsig.ts';

/** What a drive is held to. */
export interface DriveExpectations {
  /** The compiled schemas: manifest and guest configuration are checked by them. */
  readonly validators: Pick<Validators, 'manifest' | 'guestConfiguration'>;
  /** Who may sign. Undefined: the signature must be right, by whatever key it names itself. */
  readonly trustedSigners: readonly AllowedSigner[] | undefined;
  /** UUID that the drive must be for. */
  readonly instance?: string | undefined;
  /** Lowest generation that is accepted; a replay counts as the newest generation that it may follow. */
  readonly minimumGeneration?: number | undefined;
  /** The present time, for `notAfter` and the signers' validity; the machine's by default. */
  readonly now?: Date | undefined;
  /** Whether a drive after its `notAfter` is refused (default), or that is for the caller to judge. */
  readonly refuseExpired?: boolean | undefined;
}

/** Who signed a drive. */
export interface DriveSigner {
  /** Fingerprint as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** Whether the key is one of the trusted signers; false only where none were given. */
  readonly trusted: boolean;
}

/** One file of a verified drive. */
export type DriveListing = Pick<IsoFile, 'path' | 'size'>;

/** What there is to say of a drive. */
export type DriveVerification =
  | {
      readonly kind: 'valid';
      readonly manifest: Manifest;
      readonly guest: GuestConfiguration;
      readonly signer: DriveSigner;
      /** Every file, manifest and signature included, in order of path. */
      readonly files: readonly DriveListing[];
    }
  | {
      readonly kind: 'refused';
      readonly reason: RefusalReason;
      /** What is wrong, on which file; a clause without a final stop. */
      readonly message: string;
    };

/**
 * Checks a drive as the launcher in the guest does: structure, signature, then every file against the manifest,
 * then whether it is meant for this machine now. Bounded; never throws but for failing reads of the source.
 */
export function verifyDrive(source: ImageSource, expectations: DriveExpectations): DriveVerification {
  try {
    return checkDrive(source, expectations);
  } catch (error) {
    if (error instanceof DriveRefusal)
      return { kind: 'refused', reason: error.reason, message: error.message };
    throw error;
  }
}

function checkDrive(source: ImageSource, expectations: DriveExpectations): DriveVerification {
  const now = expectations.now ?? new Date();
  const image = readIsoImage(source);
  if (image.volumeId !== driveLabel) {
    throw new DriveRefusal('wrong-label', `the image is not labelled ${driveLabel}`);
  }
  const manifestBytes = image.read(requiredFile(image, drivePaths.manifest));
  const signer = checkSignature(image, manifestBytes, expectations.trustedSigners, now);
  const manifest = parseManifest(manifestBytes, expectations.validators.manifest);
  checkFiles(image, manifest);
  const guest = readGuestConfiguration(image, manifest, expectations.validators);
  checkIntent(manifest, expectations, now);
  return {
    kind: 'valid',
    manifest,
    guest,
    signer,
    files: image.files.map(({ path, size }) => ({ path, size })),
  };
}

function requiredFile(image: IsoImage, path: string): IsoFile {
  const file = image.files.find((candidate) => candidate.path === path);
  if (file === undefined) throw new DriveRefusal('missing-file', `${path} is missing`);
  return file;
}

function checkSignature(
  image: IsoImage,
  manifest: Buffer,
  trusted: readonly AllowedSigner[] | undefined,
  now: Date,
): DriveSigner {
  const signature = parseSshsig(image.read(requiredFile(image, drivePaths.signature)).toString('latin1'));
  if (!verifySshsig(signature, signatureNamespace, manifest)) {
    throw new DriveRefusal('bad-signature', 'the signature does not fit the manifest');
  }
  const fingerprint = keyFingerprint(signature.publicKey);
  if (trusted === undefined) return { fingerprint, trusted: false };
  const wanted = {
    publicKey: signature.publicKey,
    principal: signerPrincipal,
    namespace: signatureNamespace,
    now,
  };
  if (findSigner(trusted, wanted) === undefined) {
    throw new DriveRefusal('unknown-signer', `the key ${fingerprint} that signed the drive is not trusted`);
  }
  return { fingerprint, trusted: true };
}

function checkFiles(image: IsoImage, manifest: Manifest): void {
  const found = new Map(image.files.map((file) => [file.path, file]));
  const folders = new Set<string>();
  const hashes = new Map<string, string>();
  const self: readonly string[] = [drivePaths.manifest, drivePaths.signature];
  for (const listed of manifest.files) {
    if (self.includes(listed.path)) throw new DriveRefusal('manifest-invalid', 'the manifest lists itself');
    const file = found.get(listed.path);
    if (file === undefined) throw new DriveRefusal('missing-file', `${listed.path} is missing`);
    if (file.size !== listed.size) {
      throw new DriveRefusal('wrong-size', `${listed.path} has ${file.size} bytes instead of ${listed.size}`);
    }
    // Files of the same content share their extent: read it once.
    const key = `${file.extent.sector}-${file.size}`;
    const hash = hashes.get(key) ?? createHash('sha256').update(image.read(file)).digest('hex');
    hashes.set(key, hash);
    if (hash !== listed.sha256) throw new DriveRefusal('wrong-hash', `${listed.path} was changed`);
    for (const folder of parentFolders(listed.path)) folders.add(folder);
    found.delete(listed.path);
  }
  for (const path of self) found.delete(path);
  const [unlisted] = found.keys();
  if (unlisted !== undefined) {
    throw new DriveRefusal('unlisted-file', `${printable(unlisted)} is not in the manifest`);
  }
  const stray = image.folders.find((folder) => !folders.has(folder) && folder !== 'ubugi');
  if (stray !== undefined) {
    throw new DriveRefusal('unlisted-file', `the folder ${printable(stray)} is not in the manifest`);
  }
}

function parentFolders(path: string): readonly string[] {
  const segments = path.split('/').slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

/** An unlisted name may hold anything: only letters that cannot disturb a terminal are shown. */
function printable(path: string): string {
  return path.replaceAll(/[^A-Za-z0-9._/-]/g, '?').slice(0, 200);
}

function readGuestConfiguration(
  image: IsoImage,
  manifest: Manifest,
  validators: DriveExpectations['validators'],
): GuestConfiguration {
  let value: unknown;
  try {
    value = JSON.parse(image.read(requiredFile(image, drivePaths.guest)).toString('utf8'));
  } catch (error) {
    if (error instanceof DriveRefusal) throw error;
    throw new DriveRefusal('guest-configuration-invalid', `${drivePaths.guest} is not JSON`);
  }
  const validated = validators.guestConfiguration(value);
  if (validated.kind === 'invalid') {
    const problem = validated.problems[0];
    throw new DriveRefusal(
      'guest-configuration-invalid',
      `${drivePaths.guest} ${problem?.pointer ?? ''} ${problem?.message ?? ''}`,
    );
  }
  if (validated.value.instance.id !== manifest.instance) {
    throw new DriveRefusal('wrong-instance', `${drivePaths.guest} is of another instance than the manifest`);
  }
  return validated.value;
}

function checkIntent(manifest: Manifest, expectations: DriveExpectations, now: Date): void {
  const { instance, minimumGeneration, refuseExpired = true } = expectations;
  if (instance !== undefined && manifest.instance !== instance.toLowerCase()) {
    throw new DriveRefusal(
      'wrong-instance',
      `the drive is for instance ${manifest.instance}, not ${instance}`,
    );
  }
  if (minimumGeneration !== undefined && effectiveGeneration(manifest) < minimumGeneration) {
    throw new DriveRefusal(
      'older-generation',
      `the drive has generation ${manifest.generation}, older than ${minimumGeneration}`,
    );
  }
  if (refuseExpired && manifest.notAfter !== undefined && now > new Date(manifest.notAfter)) {
    throw new DriveRefusal('expired', `the drive expired at ${manifest.notAfter}`);
  }
}
