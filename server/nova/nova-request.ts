import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { NovaRecord } from '../../schemas/types/api.ts';
import { AppError } from '../domain/errors.ts';
import { type InstanceId, parseInstanceId } from '../domain/identifiers.ts';
import { printable } from '../domain/printable.ts';

/** What Nova says of an instance when it asks for vendor-data, fit to be shown and kept; absent where it did not say. */
export type NovaFacts = Readonly<Omit<NovaRecord, 'seenAt'>>;

/** A request as `nova/api/metadata/vendordata_dynamic.py` sends it. */
export interface NovaRequest {
  readonly instance: InstanceId;
  readonly facts: NovaFacts;
}

/** Characters of one value that are kept. */
const mostCharacters = 255;
/** Roles, and members of the metadata, that are kept. */
const mostMembers = 64;

/**
 * Reads the body of a request for dynamic vendor-data. Only what is no such request at all fails, with `request-invalid`:
 * host name, metadata and user-data are the tenant's to write, and a value that made us refuse would let a machine start
 * without its company identity. So what cannot be kept is cut or left out, and JSON that other places refuse passes here
 * (`__proto__` is a key that Nova takes): no value is ever copied onto an object by its name.
 */
export function readNovaRequest(body: Buffer): NovaRequest {
  const value = parse(body);
  const instance = parseInstanceId(text(member(value, 'instance-id')) ?? '');
  if (instance === undefined) {
    throw new AppError(
      'request-invalid',
      'instance-id of the body is missing or no UUID; send what Nova sends to a DynamicJSON target',
    );
  }
  const roles = text(member(value, 'boot-roles'));
  const metadata = metadataOf(member(value, 'metadata'));
  const userData = member(value, 'user-data');
  return {
    instance,
    facts: {
      ...optional('project', shown(member(value, 'project-id'))),
      ...optional('image', shown(member(value, 'image-id'))),
      ...optional('hostname', shown(member(value, 'hostname'))),
      ...optional(
        'bootRoles',
        roles === undefined
          ? undefined
          : roles.split(',', mostMembers).map((role) => printable(role, mostCharacters)),
      ),
      ...optional('metadata', metadata),
      ...optional(
        'userDataSha256',
        typeof userData === 'string' ? createHash('sha256').update(userData).digest('hex') : undefined,
      ),
    },
  };
}

function parse(body: Buffer): unknown {
  try {
    if (isUtf8(body)) return JSON.parse(body.toString('utf8'));
  } catch {
    // Said below.
  }
  throw new AppError(
    'request-invalid',
    'the body is not JSON in UTF-8; send what Nova sends to a DynamicJSON target',
  );
}

function metadataOf(value: unknown): Record<string, string> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value as Readonly<Record<string, unknown>>)
    .slice(0, mostMembers)
    .flatMap(([key, item]) => (typeof item === 'string' ? [[key, item] as const] : []))
    .map(([key, item]) => [printable(key, mostCharacters), printable(item, mostCharacters)] as const);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** A text that says something, made safe to show. */
function shown(value: unknown): string | undefined {
  const found = text(value);
  return found === undefined ? undefined : printable(found, mostCharacters);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function optional<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: T });
}
