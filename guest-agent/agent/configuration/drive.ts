import type { ErrorObject } from 'ajv/dist/2020.js';
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
 * Reads and checks `ubugi/manifest.json` and `ubugi/guest.json`. The launcher has checked the signature; that guest.json
 * is the one that was signed is checked again here, where it is read.
 */
export function readDrive(folder: string, validators: DriveValidators, system: System): DriveReading {
  const manifestPath = `${folder}/ubugi/manifest.json`;
  const guestPath = `${folder}/ubugi/guest.json`;
  const manifest = parse(manifestPath, validators.manifest, system);
  if (typeof manifest === 'string') return { kind: 'refused', reason: manifest };
  const refused = (reason: string): DriveReading => ({ kind: 'refused', reason, manifest: manifest.value });
  const signed = manifest.value.files.find((file) => file.path === 'ubugi/guest.json');
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

function parse<T>(
  path: string,
  validate: Validate<T>,
  system: System,
): { readonly value: T; readonly sha256: string } | string {
  let text: string;
  let value: unknown;
  try {
    text = system.files.readText(path);
    value = JSON.parse(text);
  } catch (error) {
    return `${path} cannot be read: ${messageOf(error)}`;
  }
  if (validate(value)) return { value, sha256: system.host.sha256(text) };
  const [first] = validate.errors ?? [];
  if (first === undefined) return `${path} is not valid`;
  const { pointer, message, remedy } = fieldProblem(first);
  return `${path}: ${pointer === '' ? 'it' : pointer} ${message}; ${remedy}`.slice(0, 1000);
}
