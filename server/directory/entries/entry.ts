/** An LDAP entry as it came: attribute names in lower case (without options' values read), values as bytes. */
export interface DirectoryEntry {
  readonly dn: string;
  readonly attributes: ReadonlyMap<string, readonly Uint8Array[]>;
}
