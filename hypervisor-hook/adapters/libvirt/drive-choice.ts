import { basename, isAbsolute, normalize } from 'node:path';
import type { MediumEvidence } from '../../drive-files/inspect-medium.ts';
import { novaFileNames } from '../../drive-files/nova-drive.ts';
import type { Cdrom, Domain } from './domain-xml.ts';

/** The CD-ROM that is the domain's config drive. */
export type DriveChoice =
  /** `device`: target of the CD-ROM. `marked`: the domain says so. `guessed`: it is the only one that can be. */
  | {
      readonly kind: 'drive';
      readonly path: string;
      readonly device: string;
      readonly certainty: 'marked' | 'guessed';
    }
  /** The domain has none: it is not ours. */
  | { readonly kind: 'none' }
  /** The domain marks one that the hook cannot write. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** Alias that `enrol` gives the CD-ROM; libvirt wants `ua-` before a user's alias. */
const driveAlias = 'ua-ubugi';

/** Serial number, and volume id, of a config drive. */
const driveLabel = 'config-2';

/**
 * Chooses the CD-ROM that the domain itself marks as its config drive: by alias `ua-ubugi`, else by serial
 * `config-2`, else by a file in `driveFolder`, else by Nova's file name for a rescue or a boot.
 */
export function chooseMarkedDrive(domain: Domain, driveFolder: string): DriveChoice {
  const marks: readonly ((cdrom: Cdrom) => boolean)[] = [
    (cdrom) => cdrom.alias === driveAlias,
    (cdrom) => cdrom.serial === driveLabel,
    (cdrom) => cdrom.file !== undefined && liesIn(cdrom.file, driveFolder),
    (cdrom) => cdrom.file !== undefined && basename(cdrom.file) === novaFileNames.rescue,
    (cdrom) => cdrom.file !== undefined && basename(cdrom.file) === novaFileNames.boot,
  ];
  for (const mark of marks) {
    const marked = domain.cdroms.filter(mark);
    const [drive] = marked;
    if (drive === undefined) continue;
    if (marked.length > 1) {
      const targets = marked.map((cdrom) => cdrom.target).join(', ');
      return { kind: 'unusable', reason: `its CD-ROMs ${targets} are all marked as the config drive` };
    }
    if (drive.file === undefined) {
      return { kind: 'unusable', reason: `its config drive ${drive.target} has no file as its medium` };
    }
    if (!isAbsolute(drive.file) || normalize(drive.file) !== drive.file) {
      return {
        kind: 'unusable',
        reason: `the path of its config drive ${drive.target} is not in normal form`,
      };
    }
    return { kind: 'drive', path: drive.file, device: drive.target, certainty: 'marked' };
  }
  return { kind: 'none' };
}

/**
 * Chooses the domain's config drive: the marked one, or, where none is marked, the only CD-ROM whose file is absent
 * or a config drive already. Somebody's install medium is never chosen.
 * @param inspect looks at the file of a CD-ROM; not called where one is marked
 */
export async function chooseDrive(
  domain: Domain,
  driveFolder: string,
  inspect: (path: string) => Promise<MediumEvidence>,
): Promise<DriveChoice> {
  const marked = chooseMarkedDrive(domain, driveFolder);
  if (marked.kind !== 'none') return marked;

  const filled = domain.cdroms.flatMap(({ file, target }) =>
    file === undefined ? [] : [{ path: file, device: target }],
  );
  const evidence = await Promise.all(filled.map(({ path }) => inspect(path)));
  const possible = filled.filter((_cdrom, index) => evidence[index] !== 'other');
  const [drive] = possible;
  if (drive === undefined || possible.length > 1) return { kind: 'none' };
  if (!isAbsolute(drive.path) || normalize(drive.path) !== drive.path) return { kind: 'none' };
  return { kind: 'drive', ...drive, certainty: 'guessed' };
}

/** Whether a path is below a folder, before `..` and links are followed. */
function liesIn(path: string, folder: string): boolean {
  const base = folder.endsWith('/') ? folder : `${folder}/`;
  return path.startsWith(base) && path.length > base.length;
}
