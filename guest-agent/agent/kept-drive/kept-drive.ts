import type { Manifest } from '../../../schemas/types/manifest.ts';
import { readApplied } from '../apply/records/applied.ts';
import { ensureFolder } from '../apply/transaction/put-file.ts';
import { removeTree } from '../apply/transaction/remove-tree.ts';
import type { Drive } from '../configuration/drive.ts';
import type { System } from '../system/system.ts';

/** Where drives are kept, each in a folder named by its manifest's SHA-256; the launcher knows it too. */
const keptFolder = '/var/lib/ubugi/drive';

/** Name of a copy that is not whole yet. */
const partial = `${keptFolder}/.partial`;

/**
 * Where the drive that was applied last is kept; `undefined` where there is none. `applied.json` names it, so that
 * what is applied and what is kept change in the same moment, and go back together.
 */
export function keptDrive(system: System): string | undefined {
  const applied = readApplied(system);
  if (applied === undefined) return undefined;
  const folder = `${keptFolder}/${applied.manifestSha256}`;
  return system.files.entry(folder)?.kind === 'folder' ? folder : undefined;
}

/**
 * Keeps what this machine needs of a drive, so that a boot without a medium, a timer and `ubugi-agent plan` have it. It
 * counts once `applied.json` names it. Writes nothing if it is kept already. Throws where it cannot be kept whole.
 */
export function keepDrive(drive: Drive, system: System): void {
  const target = `${keptFolder}/${drive.manifestSha256}`;
  const files = neededFiles(drive.manifest, system.host.describe().arch);
  if (isWhole(target, files, system)) return;
  ensureFolder('/var/lib/ubugi', 0o700, system);
  ensureFolder(keptFolder, 0o700, system);
  removeTree(partial, system);
  try {
    copy(drive.folder, files, system);
    system.files.syncFileSystem(partial);
    removeTree(target, system);
    system.files.rename(partial, target);
    system.files.syncFolder(keptFolder);
  } catch (error) {
    // The room that it took may be what else is to be written lacks.
    removeTree(partial, system);
    throw error;
  }
}

/** Drops every drive that is not the one applied last. */
export function dropOtherDrives(system: System): void {
  if (system.files.entry(keptFolder)?.kind !== 'folder') return;
  const kept = keptDrive(system);
  for (const name of system.files.list(keptFolder)) {
    const path = `${keptFolder}/${name}`;
    if (path !== kept) removeTree(path, system);
  }
}

/** What other datasources and other architectures read stays out; the launcher demands all the rest. */
function neededFiles({ files }: Manifest, arch: string): Manifest['files'] {
  return files.filter(
    ({ path }) =>
      // cloud-init of an image with the launcher gets the newest version only, which is as all others are.
      path.startsWith('openstack/latest/') ||
      (path.startsWith('ubugi/') &&
        (!path.startsWith('ubugi/agent/') || path.startsWith(`ubugi/agent/${arch}/`))),
  );
}

/** By sizes only: its content is looked at when it is used. */
function isWhole(folder: string, files: Manifest['files'], system: System): boolean {
  return (
    system.files.entry(`${folder}/ubugi/manifest.json`)?.kind === 'file' &&
    files.every(({ path, size }) => {
      const entry = system.files.entry(`${folder}/${path}`);
      return entry?.kind === 'file' && entry.size === size;
    })
  );
}

function copy(from: string, files: Manifest['files'], system: System): void {
  ensureFolder(`${partial}/ubugi`, 0o700, system);
  for (const { path, sha256 } of files) {
    put(from, path, path.startsWith('ubugi/agent/') ? 0o700 : 0o600, system);
    if (system.files.sha256(`${partial}/${path}`) !== sha256) {
      throw new Error(`${from}/${path} is not the one in the manifest: build the drive anew`);
    }
  }
  for (const path of ['ubugi/manifest.json', 'ubugi/manifest.sig']) {
    if (system.files.entry(`${from}/${path}`) !== undefined) put(from, path, 0o600, system);
  }
}

function put(from: string, path: string, mode: number, system: System): void {
  const target = `${partial}/${path}`;
  ensureFolder(target.slice(0, target.lastIndexOf('/')), 0o700, system);
  const base64 = system.files.readBase64(`${from}/${path}`);
  system.files.create(target, { base64 }, { mode, uid: 0, gid: 0 }, false);
}
