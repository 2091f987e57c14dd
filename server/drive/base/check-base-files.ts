import { drivePaths } from '../../../schemas/drive-format/drive-layout.ts';
import { AppError } from '../../domain/errors.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import { printable } from '../../domain/printable.ts';
import type { BaseDriveFile } from '../../store/ports/base-drives.ts';
import { checkImageNames } from '../image-names.ts';
import { openstackPaths } from '../tree/openstack-tree.ts';
import { baseDriveLimits } from './base-drive-limits.ts';

const metaDataPath = 'openstack/latest/meta_data.json';

/**
 * Makes sure that files can be those of Nova's drive of this instance, and that ours can lie beside them. Fails with
 * `request-invalid`, naming the file, and with `too-large`.
 */
export function checkBaseFiles(files: readonly BaseDriveFile[], instance: InstanceId): void {
  const total = files.reduce((sum, { content }) => sum + content.length, 0);
  if (files.length > baseDriveLimits.files || total > baseDriveLimits.totalBytes) {
    throw new AppError(
      'too-large',
      `the drive has more than ${baseDriveLimits.files} files or ${baseDriveLimits.totalBytes} bytes; send Nova's drive as it is`,
    );
  }
  const ours = files.find(({ path }) => path.toLowerCase().split('/')[0] === 'ubugi');
  if (ours !== undefined) {
    throw refused(`${printable(ours.path)} is on it, and ubugi/ is not Nova's to fill; take it off`);
  }
  checkNames(files.map(({ path }) => path));
  checkInstance(files, instance);
}

function checkNames(paths: readonly string[]): void {
  try {
    const others = [...openstackPaths, ec2Path, drivePaths.manifest].filter((path) => !paths.includes(path));
    checkImageNames([...paths, ...others]);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw refused(error.message.replace(/^Cannot build the drive: |\.$/g, ''));
  }
}

const ec2Path = 'ec2/latest/meta-data.json';

/** A drive of another instance would give this one its keys and passwords. */
function checkInstance(files: readonly BaseDriveFile[], instance: InstanceId): void {
  const metaData = files.find(({ path }) => path === metaDataPath);
  if (metaData === undefined)
    throw refused(`${metaDataPath} is missing; send the config drive as Nova made it`);
  const uuid = uuidOf(metaData.content);
  if (typeof uuid !== 'string')
    throw refused(`${metaDataPath} has no uuid; send the config drive as Nova made it`);
  if (uuid.toLowerCase() !== instance) {
    throw refused(
      `${metaDataPath} is of instance ${printable(uuid)} and not of ${instance}; send the drive of this instance`,
    );
  }
}

/** Nothing else of it is used, so a reader that lets more pass than ours may read what a user's metadata brings in. */
function uuidOf(metaData: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(metaData.toString('utf8'));
    return typeof value === 'object' && value !== null && 'uuid' in value ? value.uuid : undefined;
  } catch {
    return undefined;
  }
}

function refused(what: string): AppError {
  return new AppError('request-invalid', `the drive cannot be merged: ${what}`);
}
