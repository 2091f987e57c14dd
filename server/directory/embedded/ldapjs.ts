import type { Socket } from 'node:net';
import ldapjs from 'ldapjs';

/**
 * The part of ldapjs 3 that the embedded server stands on. Its published types describe version 2 and lack most of it.
 */
export interface LdapJs {
  createServer(): LdapJsServer;
  readonly Attribute: new (options: { type: string; values: readonly Buffer[] }) => LdapJsAttribute;
  readonly PagedResultsControl: (new (options: {
    value: { size: number; cookie: Buffer };
  }) => LdapJsControl) & { readonly OID: string };
  readonly InvalidCredentialsError: new (message: string) => Error;
  readonly InsufficientAccessRightsError: new (message: string) => Error;
  readonly NoSuchObjectError: new (message: string) => Error;
  readonly UnwillingToPerformError: new (message: string) => Error;
  parseDN(text: string): LdapJsDn;
}

export interface LdapJsDn {
  toString(): string;
}

export interface LdapJsAttribute {
  readonly type: string;
}

export interface LdapJsControl {
  readonly type: string;
  readonly value?: { readonly size: number; readonly cookie: Buffer };
}

/** Ends the request, with an error for the client if one is given. */
export type LdapJsNext = (error?: Error) => void;

export interface LdapJsRequest {
  readonly connection: Socket;
  readonly controls: readonly LdapJsControl[];
}

export interface LdapJsBindRequest extends LdapJsRequest {
  readonly dn: LdapJsDn;
  readonly credentials: string;
}

export interface LdapJsSearchRequest extends LdapJsRequest {
  readonly baseObject: LdapJsDn;
  readonly scope: number;
  readonly attributes: readonly string[];
  readonly filter: {
    /** RFC 4515. */
    toString(): string;
    matches(entry: Readonly<Record<string, readonly string[]>>, strictCase: boolean): boolean;
  };
}

export interface LdapJsResponse {
  end(): void;
}

export interface LdapJsExtendedResponse extends LdapJsResponse {
  responseValue: string;
}

export interface LdapJsSearchResponse extends LdapJsResponse {
  addControl(control: LdapJsControl): void;
  createSearchEntry(entry: { objectName: LdapJsDn; attributes: readonly LdapJsAttribute[] }): object;
  send(entry: object): void;
}

export interface LdapJsServer {
  bind(
    dn: string,
    handler: (request: LdapJsBindRequest, response: LdapJsResponse, next: LdapJsNext) => void,
  ): void;
  search(
    dn: string,
    handler: (request: LdapJsSearchRequest, response: LdapJsSearchResponse, next: LdapJsNext) => void,
  ): void;
  exop(
    oid: string,
    handler: (request: LdapJsRequest, response: LdapJsExtendedResponse, next: LdapJsNext) => void,
  ): void;
  /** Speaks LDAP on a connection that was made elsewhere. */
  newConnection(connection: Socket): void;
  on(event: 'error' | 'clientError', listener: (error: Error) => void): void;
}

export const ldap = ldapjs as unknown as LdapJs;
