import { PlanError } from '../plan/plan.ts';

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
    throw new PlanError(`${what} has a form that is refused here: correct it at its source`);
  return value;
}

/** Integer in a range, as decimal digits. */
export function guardInteger(what: string, value: number, least: number, most: number): string {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new PlanError(`${what} is not a whole number from ${least} to ${most}: correct it at its source`);
  }
  return String(value);
}

/** Name of an account or group. */
export const accountName = /^[a-z_][a-z0-9_-]{0,31}$/;
/** DNS name in lower case. */
export const domainName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** IPv4 or IPv6 address; its exact form is the schema's to check. */
export const address = /^[0-9a-fA-F.:]{2,45}$/;
/** Address with prefix length. */
export const cidr = /^[0-9a-fA-F.:]{2,45}\/[0-9]{1,3}$/;
/** MAC address in lower case. */
export const mac = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
/** Absolute path without `.` and `..` and without characters that any file format treats specially. */
export const absolutePath = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+-]{1,255})+$/;
