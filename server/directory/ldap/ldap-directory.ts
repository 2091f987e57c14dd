import { getCACertificates } from 'node:tls';
import type { Validators } from '../../../schemas/validation/validator.ts';
import { type Clock, systemClock } from '../../domain/clock.ts';
import { AppError } from '../../domain/errors.ts';
import type { Directory } from '../directory.ts';
import {
  type AttributeOverrides,
  createDirectorySchema,
  type DirectorySchemaName,
} from '../entries/directory-schema.ts';
import { createEntryMapping, type DirectoryEntries } from '../entries/snapshot.ts';
import type { TlsOptions } from './connection.ts';
import { createEntrySource, type Reading } from './delta/entry-source.ts';
import { entryKinds } from './entry-kinds.ts';
import { directoryUnavailable, LdapFailure, ldapFailure } from './failure.ts';
import { parseServerAddress } from './server-address.ts';
import { type Credentials, openSession } from './session.ts';

/** What an LDAP directory needs. Times in milliseconds. */
export interface LdapDirectoryOptions {
  /** Name from the configuration. */
  readonly name: string;
  /** `ldaps://HOST[:PORT]`; plain `ldap://` only to a loopback address, or with `startTls`. */
  readonly url: string;
  /** Go on in TLS before anything else is said on `ldap://`; what is checked is the same. */
  readonly startTls?: boolean | undefined;
  /** CA certificates in PEM; those of the system if absent. */
  readonly ca?: string | undefined;
  /** Absent: anonymous. */
  readonly bindDn?: string | undefined;
  readonly password?: string | undefined;
  readonly baseDn: string;
  /** How accounts and groups are kept; RFC 2307 if absent. */
  readonly schema?: DirectorySchemaName | undefined;
  /** Attributes that are spelled otherwise than the schema does. */
  readonly attributes?: AttributeOverrides | undefined;
  /** Where the schema keeps them below `baseDn` if absent; so for the three that follow. */
  readonly accountsBaseDn?: string | undefined;
  readonly groupsBaseDn?: string | undefined;
  readonly netgroupsBaseDn?: string | undefined;
  readonly sudoersBaseDn?: string | undefined;
  readonly connectTimeoutMs: number;
  /** For each answer of the server: bind, and each page of a search. */
  readonly operationTimeoutMs: number;
  readonly pageSize: number;
  /** How long only what changed is read, before everything is read again; an hour if absent. 0: everything, always. */
  readonly wholeReadingMs?: number | undefined;
  /** Is told how each reading that succeeded was made. */
  readonly onReading?: ((reading: Reading) => void) | undefined;
  /** Accounts and groups with lower numbers are refused. */
  readonly minimumUid: number;
  readonly validators: Pick<Validators, 'common'>;
  /** The machine's clock if absent. */
  readonly clock?: Clock | undefined;
  /** Instead of CA certificates, for a server that shares a key with this process. */
  readonly tls?: TlsOptions;
}

const defaultWholeReadingMs = 3_600_000;

/**
 * A directory behind LDAP v3: accounts and groups by one of the known schemas, netgroups, and sudoRoles. Each reading is a
 * session of its own: connect, bind, search, unbind. It is whole or fails with `directory-unavailable`. Entries are kept from
 * one reading to the next, which reads again what changed only where the server tells that reliably.
 * A url that must not be used fails at once with `configuration-invalid`.
 */
export function createLdapDirectory(options: LdapDirectoryOptions): Directory {
  const { name, pageSize, connectTimeoutMs, operationTimeoutMs, clock = systemClock } = options;
  const address = parseServerAddress(name, options.url, options.startTls);
  const credentials = readCredentials(options);
  const tls: TlsOptions = options.tls ?? { ca: options.ca ?? systemCertificates() };
  const schema = createDirectorySchema(options.schema ?? 'rfc2307', options.attributes);
  const mapEntries = createEntryMapping({
    source: name,
    minimumUid: options.minimumUid,
    validators: options.validators,
    schema,
    clock,
  });
  const source = createEntrySource({
    kinds: entryKinds(options, schema),
    pageSize,
    wholeReadingMs: options.wholeReadingMs ?? defaultWholeReadingMs,
    clock,
    onReading: options.onReading,
  });

  async function read(signal: AbortSignal, fresh: boolean): Promise<DirectoryEntries> {
    const session = await openSession(
      {
        address,
        tls,
        credentials,
        connectTimeoutMs,
        operationTimeoutMs,
        withoutReferrals: options.schema === 'ad',
      },
      signal,
    );
    try {
      return await source.read(session, fresh);
    } finally {
      await session.close();
    }
  }

  return {
    name,
    async fetchAll(signal, { fresh = false } = {}) {
      let entries: DirectoryEntries;
      try {
        entries = await read(signal, fresh);
      } catch (error) {
        const failure = signal.aborted
          ? new LdapFailure('the reading was stopped', 'try again', signal.reason)
          : ldapFailure(error, 'read');
        throw directoryUnavailable(name, address.url, failure);
      }
      return mapEntries(entries);
    },
    close: () => Promise.resolve(),
  };
}

/** Node's own list, and what the administrator of this host trusts. */
function systemCertificates(): string[] {
  return [...new Set([...getCACertificates('bundled'), ...getCACertificates('system')])];
}

function readCredentials(options: LdapDirectoryOptions): Credentials {
  const { name, bindDn, password } = options;
  if (bindDn === undefined && password === undefined) return { kind: 'anonymous' };
  // ldapts takes some words in place of a DN for SASL mechanisms.
  if (bindDn?.includes('=') !== true) {
    throw new AppError(
      'configuration-invalid',
      `directory ${name}: bindDn is no DN: give bindDn with the password`,
    );
  }
  if (password === undefined) {
    throw new AppError(
      'configuration-invalid',
      `directory ${name}: bindDn has no password: give passwordFile`,
    );
  }
  return { kind: 'simple', bindDn, password };
}
