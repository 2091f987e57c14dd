/** A value that must not become part of a file: the message says which field it is and what to do, never the value. */
export class RefusedValue extends Error {
  override readonly name: string = 'RefusedValue';
}

/**
 * Lets a value through only if all of it matches an allow-list. The schema was checked before; this stands again at the
 * place where a value becomes part of a file, so that none can add a line, an option, a user or a path.
 *
 * @param what names the field in the error; the value itself is never repeated.
 * @param allowed an anchored expression.
 */
export function guard(what: string, value: string, allowed: RegExp): string {
  const match = allowed.exec(value);
  if (match === null || match[0] !== value)
    throw new RefusedValue(`${what} has a form that is refused here: correct it at its source`);
  return value;
}

/** Integer in a range, as decimal digits. */
export function guardInteger(what: string, value: number, least: number, most: number): string {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RefusedValue(
      `${what} is not a whole number from ${least} to ${most}: correct it at its source`,
    );
  }
  return String(value);
}

/** Name of an account or group. */
export const accountName = /^[a-z_][a-z0-9_-]{0,31}$/;
/** Absolute path without `.` and `..` and without characters that any file format treats specially. */
export const absolutePath = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+-]{1,255})+$/;
