import { printable } from '../../domain/printable.ts';
import { dnPath, isWithin } from './distinguished-name.ts';
import { type LdapJsAttribute, type LdapJsDn, ldap } from './ldapjs.ts';
import { LdifError, type LdifRecord } from './ldif.ts';

/** An entry as the server answers with it. */
export interface TreeEntry {
  readonly dn: LdapJsDn;
  readonly path: readonly string[];
  /** For filters: values as text, by attribute name in lower case. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
  readonly attributes: ReadonlyMap<string, LdapJsAttribute>;
}

/** The content of the directory at one time. Never changes; a re-read makes another. */
export interface DirectoryTree {
  /** Entries in the order of the file. */
  readonly entries: readonly TreeEntry[];
}

/** Builds the tree of an LDIF file. Fails with {@link LdifError} on two entries of one DN or an entry elsewhere. */
export function buildTree(records: readonly LdifRecord[], baseDn: string): DirectoryTree {
  const base = dnPath(baseDn);
  const lines = new Map<string, number>();
  const entries = records.map((record): TreeEntry => {
    const path = dnPath(record.dn);
    const key = JSON.stringify(path);
    const other = lines.get(key);
    if (other !== undefined) {
      throw new LdifError(record.line, `has the same dn as line ${other}`, 'keep one of the two records');
    }
    lines.set(key, record.line);
    if (!isWithin(path, base)) {
      throw new LdifError(record.line, `is not below ${printable(baseDn, 128)}`, 'correct the dn or baseDn');
    }
    return {
      dn: parseDn(record),
      path,
      texts: Object.fromEntries(
        [...record.attributes].map(([name, { values }]) => [
          name,
          values.map((value) => value.toString('utf8')),
        ]),
      ),
      attributes: new Map(
        [...record.attributes].map(([name, { type, values }]) => [
          name,
          new ldap.Attribute({ type, values }),
        ]),
      ),
    };
  });
  return { entries };
}

function parseDn(record: LdifRecord): LdapJsDn {
  try {
    return ldap.parseDN(record.dn);
  } catch {
    throw new LdifError(
      record.line,
      'has a dn that is not one (RFC 4514)',
      'correct it, and escape , + " \\ < > ; with \\',
    );
  }
}
