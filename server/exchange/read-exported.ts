import type {
  ExportedBaseDrive,
  ExportedGeneration,
  ExportedInstance,
  ExportHeader,
} from '../../schemas/types/api.ts';
import type { Validated, Validators } from '../../schemas/validation/validator.ts';
import type { Composition } from '../domain/compose/composition.ts';
import { splitComposition } from '../domain/compose/split-composition.ts';
import { contentHash } from '../domain/content-hash.ts';
import { AppError } from '../domain/errors.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import { printable } from '../domain/printable.ts';
import { createBaseDrive } from '../drive/base/base-drive.ts';
import { checkBaseFiles } from '../drive/base/check-base-files.ts';
import { checkRecord } from '../inventory/checks/record-checks.ts';
import type { BaseDrive } from '../store/ports/base-drives.ts';
import { mapInstance } from './map-instance.ts';
import { bundleValues } from './open-bundle.ts';
import type { SiteNames } from './site-mapping.ts';

/** A generation that can be written. */
export interface ReadyGeneration {
  readonly exported: ExportedGeneration;
  readonly composition: Composition;
  /** With the names of this site. */
  readonly contentSha256: string;
}

/** An instance that can be written. */
export interface ReadyInstance {
  readonly exported: ExportedInstance;
  readonly generations: readonly ReadyGeneration[];
  readonly firstBase: BaseDrive | undefined;
  readonly newestBase: BaseDrive | undefined;
}

/** The instances of an export that was verified, each checked whole and with the names of this site. Fails with `request-invalid`. */
export async function* readExported(
  path: string,
  { validators, names }: { readonly validators: Validators; readonly names: SiteNames },
): AsyncGenerator<ReadyInstance> {
  const header = validators.api<ExportHeader>('exportHeader');
  const instance = validators.api<ExportedInstance>('exportedInstance');
  let number = 0;
  for await (const value of bundleValues(path)) {
    number += 1;
    if (number === 1) checked(header(value), 'its first line');
    else yield ready(checked(instance(value), `line ${number}`), names, validators);
  }
  if (number === 0) throw refused('it is empty');
}

function ready(original: ExportedInstance, names: SiteNames, validators: Validators): ReadyInstance {
  const { id, name } = original.record;
  const of = `instance ${printable(name)} (${id})`;
  original.generations.forEach(({ number, guest, scripts, sources, contentSha256 }, index) => {
    const where = `generation ${number} of ${of}`;
    if (number !== index + 1) throw refused(`${where} is out of its order`);
    if (guest.instance.id !== id) throw refused(`${where} is of another instance`);
    if (contentHash(splitComposition(guest, scripts, sources)) !== contentSha256)
      throw refused(`${where} is not what its hash says`);
  });
  const exported = mapInstance(original, names);
  checked(validators.instanceRecord(exported.record), `the record of ${of}, mapped,`);
  const [wrong] = checkRecord(exported.record);
  if (wrong !== undefined)
    throw refused(`the record of ${of}, mapped, is wrong: ${wrong.pointer} ${wrong.message}`);
  return {
    exported,
    generations: exported.generations.map((generation) => {
      const { guest, scripts, sources, number } = generation;
      checked(validators.guestConfiguration(guest), `generation ${number} of ${of}, mapped,`);
      const composition = splitComposition(guest, scripts, sources);
      return { exported: generation, composition, contentSha256: contentHash(composition) };
    }),
    firstBase: baseOf(exported.firstBase, id as InstanceId),
    newestBase: baseOf(exported.newestBase, id as InstanceId),
  };
}

function baseOf(base: ExportedBaseDrive | undefined, id: InstanceId): BaseDrive | undefined {
  if (base === undefined) return undefined;
  const files = base.files.map(({ path, content }) => ({ path, content: Buffer.from(content, 'base64') }));
  checkBaseFiles(files, id);
  return createBaseDrive(files, base.seenAt);
}

function checked<T>(validated: Validated<T>, what: string): T {
  if (validated.kind === 'valid') return validated.value;
  const [problem] = validated.problems;
  throw refused(`${what} is wrong: ${problem?.pointer ?? ''} ${problem?.message ?? ''}`);
}

function refused(why: string): AppError {
  return new AppError('request-invalid', `the export is refused: ${why}`);
}
