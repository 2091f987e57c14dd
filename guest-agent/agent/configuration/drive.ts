import type { ErrorObject } from 'ajv/dist/2020.js';
import { renderManifest } from '../../../schemas/drive-format/manifest-text.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { Manifest } from '../../../schemas/types/manifest.ts';
import { fieldProblem } from '../../../schemas/validation/field-problem.ts';
import { messageOf, type System } from '../system/system.ts';
import { inconsistencyOf } from './consistency.ts';

/** A validator as ajv compiles it. */
export interface Validate<T> {
  (value: unknown): value is T;
  errors?: ErrorObject[] | null;
}

/** The validators that the agent needs, derived from `schemas/v1`. */
export interface DriveValidators {
  readonly guestConfiguration: Validate<GuestConfiguration>;
  readonly manifest: Validate<Manifest>;
}

/** A mounted drive that may be applied. */
export interface Drive {
  /** Absolute path of the mounted drive. */
  readonly folder: string;
  readonly guest: GuestConfiguration;
  readonly manifest: Manifest;
  /** SHA-256 of `ubugi/manifest.json` and `ubugi/guest.json`. */
  readonly manifestSha256: string;
  readonly guestSha256: string;
}

/** A drive, or why it is none for this machine. */
export type DriveReading =
  | { readonly kind: 'drive'; readonly drive: Drive }
  | { readonly kind: 'refused'; readonly reason: string; readonly manifest?: Manifest };

/**
 * Reads and checks `ubugi/manifest.json` and `ubugi/guest.json`. The launcher has checked the signature and every hash; that
 * guest.json and the scripts are those that were signed is checked again here, where they are used, and so is the size of
 * every file.
 */
export function readDrive(folder: string, validators: DriveValidators, system: System): DriveReading {
  const manifestPath = `${folder}/ubugi/manifest.json`;
  const guestPath = `${folder}/ubugi/guest.json`;
  const manifest = parse(manifestPath, validators.manifest, system);
  if (typeof manifest === 'string') return { kind: 'refused', reason: manifest };
  const refused = (reason: string): DriveReading => ({ kind: 'refused', reason, manifest: manifest.value });
  // The launcher reads it line by line: both must see the same, so there is one way to write it.
  const { files } = manifest.value;
  const twice = files.some(({ path }, at) => path === files[at - 1]?.path);
  if (twice || renderManifest(manifest.value) !== manifest.text) {
    return refused(`${manifestPath} is not laid out as Ubugi writes it: build the drive anew`);
  }
  const signed = files.find((file) => file.path === 'ubugi/guest.json');
  const guest = parse(guestPath, validators.guestConfiguration, system);
  if (typeof guest === 'string') return refused(guest);
  if (signed?.sha256 !== guest.sha256) {
    return refused(
      `${guestPath} is not the one in the manifest: the drive is damaged or was changed, build it anew`,
    );
  }
  if (guest.value.instance.id !== manifest.value.instance) {
    return refused(`${guestPath} is for another instance than the manifest: build the drive anew`);
  }
  const altered = alteredFile(folder, manifest.value, system);
  if (altered !== undefined) {
    return refused(
      `${altered} is missing or not the one in the manifest: the drive is damaged or was changed, build it anew`,
    );
  }
  const inconsistency = inconsistencyOf(guest.value);
  if (inconsistency !== undefined) return refused(`${guestPath}: ${inconsistency}`);
  return {
    kind: 'drive',
    drive: {
      folder,
      guest: guest.value,
      manifest: manifest.value,
      manifestSha256: manifest.sha256,
      guestSha256: guest.sha256,
    },
  };
}

/**
 * The first listed file that is not there with its size; of a script also the hash counts. A kept drive goes without what
 * is for others: on a medium, the launcher has seen to that.
 */
function alteredFile(folder: string, manifest: Manifest, system: System): string | undefined {
  const altered = manifest.files.find(({ path, size, sha256 }) => {
    const entry = system.files.entry(`${folder}/${path}`);
    if (entry === undefined && /^(?!ubugi\/)|^ubugi\/agent\//.test(path)) return false;
    if (entry?.kind !== 'file' || entry.size !== size) return true;
    return path.startsWith('ubugi/scripts/') && system.files.sha256(`${folder}/${path}`) !== sha256;
  });
  return altered && `${folder}/${altered.path}`;
}

function parse<T>(
  path: string,
  validate: Validate<T>,
  system: System,
): { readonly value: T; readonly text: string; readonly sha256: string } | string {
  let text: string;
  let value: unknown;
  try {
    text = system.files.readText(path);
    value = JSON.parse(text);
  } catch (error) {
    return `${path} cannot be read: ${messageOf(error)}`;
  }
  if (validate(value)) return { value, text, sha256: system.host.sha256(text) };
  const [first] = validate.errors ?? [];
  if (first === undefined) return `${path} is not valid`;
  const { pointer, message, remedy } = fieldProblem(first);
  return `${path}: ${pointer === '' ? 'it' : pointer} ${message}; ${remedy}`.slice(0, 1000);
}
