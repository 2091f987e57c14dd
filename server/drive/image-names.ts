import { AppError } from '../domain/errors.ts';

/** Joliet has 64 characters for a name (Joliet specification, section "Relaxation of ISO 9660 Restrictions"). */
const maxNameLength = 64;
/** ECMA-119, section 6.8.2.1: a file lies at the eighth level at the deepest. */
const maxLevels = 8;
/** Joliet readers take paths of this length. */
const maxPathLength = 240;

const plainName = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/**
 * Makes sure that every reader of the image finds each file under its name: Windows ignores case, Joliet cuts
 * long names off. Fails with `drive-build-failed`, naming the files.
 */
export function checkImageNames(paths: readonly string[]): void {
  const byFoldedPath = new Map<string, string>();
  for (const path of paths) {
    const names = path.split('/');
    for (const name of names) checkName(name, path);
    if (names.length > maxLevels || path.length > maxPathLength) {
      throw failure(`the path ${JSON.stringify(path)} is too long or too deep for an ISO image: shorten it`);
    }
    names.forEach((_, index) => {
      const prefix = names.slice(0, index + 1).join('/');
      const last = index === names.length - 1;
      const seen = byFoldedPath.get(prefix.toLowerCase());
      if (seen !== undefined && (last || seen !== `${prefix}/`)) {
        throw failure(
          `the names ${JSON.stringify(seen)} and ${JSON.stringify(prefix)} clash on an ISO image, which some systems read without regard to case: rename one`,
        );
      }
      byFoldedPath.set(prefix.toLowerCase(), last ? prefix : `${prefix}/`);
    });
  }
}

function checkName(name: string, path: string): void {
  if (name.length > maxNameLength) {
    throw failure(
      `the name ${JSON.stringify(name)} has more than ${maxNameLength} characters, too long for the Joliet tree of an ISO image: shorten it`,
    );
  }
  if (!plainName.test(name)) {
    throw failure(
      `the path ${JSON.stringify(path)} has a name that is not made of letters, digits, dot, underscore and hyphen: rename it`,
    );
  }
}

function failure(message: string): AppError {
  return new AppError('drive-build-failed', `Cannot build the drive: ${message}.`);
}
