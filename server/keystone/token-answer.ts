import { isUtf8 } from 'node:buffer';
import { readJsonDocument } from '../../schemas/validation/json-document.ts';
import type { KeystoneCaller } from './keystone.ts';

/** Longest name or id that Keystone has (`keystone/identity/schema.py`). */
const longestName = 255;

/**
 * Reads the body of `GET /v3/auth/tokens` (Identity API v3, "Validate and show information for token"). Undefined for
 * anything that is not of its form.
 */
export function readTokenAnswer(body: Buffer): KeystoneCaller | undefined {
  if (!isUtf8(body)) return undefined;
  const reading = readJsonDocument(body.toString('utf8'));
  const token = reading.kind === 'valid' ? member(reading.value, 'token') : undefined;
  const user = named(member(token, 'user'));
  const expiresAt = new Date(name(member(token, 'expires_at')) ?? '');
  if (user === undefined || Number.isNaN(expiresAt.getTime())) return undefined;
  const roles = member(token, 'roles');
  return {
    user,
    project: named(member(token, 'project')),
    roles: (Array.isArray(roles) ? roles : []).flatMap((role) => name(member(role, 'name')) ?? []),
    expiresAt,
  };
}

function named(value: unknown): { readonly id: string; readonly name: string } | undefined {
  const id = name(member(value, 'id'));
  const itsName = name(member(value, 'name'));
  return id === undefined || itsName === undefined ? undefined : { id, name: itsName };
}

function name(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= longestName ? value : undefined;
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
