import { isUtf8 } from 'node:buffer';

/** One attribute of an LDIF record with its values as bytes. */
export interface LdifAttribute {
  /** As first written in the record. */
  readonly type: string;
  readonly values: Buffer[];
}

/** One content record. */
export interface LdifRecord {
  readonly dn: string;
  /** Line of its `dn:`, from 1. */
  readonly line: number;
  /** By attribute name in lower case. */
  readonly attributes: ReadonlyMap<string, LdifAttribute>;
}

/** The text is not LDIF, or not LDIF that is taken here. */
export class LdifError extends Error {
  override readonly name = 'LdifError';
  readonly line: number;
  readonly remedy: string;

  constructor(line: number, message: string, remedy: string) {
    super(message);
    this.line = line;
    this.remedy = remedy;
  }
}

interface LogicalLine {
  readonly line: number;
  readonly bytes: Buffer;
}

const recordLimit = 500_000;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const blank = 0x20;
const colon = 0x3a;
const hash = 0x23;
/** attributetype or OID, with options (RFC 4512, section 2.5). */
const description = /^([A-Za-z][A-Za-z0-9-]*|\d+(\.\d+)*)(;[A-Za-z0-9-]+)*$/;

/**
 * Parses LDIF content (RFC 2849): folded lines, comments, base64. Values are bytes and not judged; in plain ones any
 * byte is taken, as ldapadd(1) does. Refused: changes, values by URL (they would read files of the server), and
 * records without attributes.
 */
export function parseLdif(bytes: Buffer): readonly LdifRecord[] {
  const records: LdifRecord[] = [];
  let current:
    | { readonly dn: string; readonly line: number; readonly attributes: Map<string, LdifAttribute> }
    | undefined;
  let first = true;

  function finish(): void {
    if (current === undefined) return;
    if (current.attributes.size === 0) {
      throw new LdifError(current.line, 'a record has no attributes', 'add its objectClass and attributes');
    }
    if (records.length === recordLimit) {
      throw new LdifError(
        current.line,
        `there are more than ${recordLimit} records`,
        'use an LDAP server of its own',
      );
    }
    records.push(current);
    current = undefined;
  }

  for (const { line, bytes: content } of logicalLines(bytes)) {
    if (content.length === 0) {
      finish();
      continue;
    }
    const { name, value } = splitLine(content, line);
    const key = name.toLowerCase();
    if (first && key === 'version') {
      if (value.toString('latin1') !== '1')
        throw new LdifError(line, 'is of another version than 1', 'export it as version 1');
    } else if (current === undefined) {
      if (key !== 'dn')
        throw new LdifError(line, 'a record does not begin with `dn:`', 'separate records by one empty line');
      if (value.length === 0 || !isUtf8(value))
        throw new LdifError(line, 'the dn is empty or not UTF-8', 'correct it');
      current = { dn: value.toString('utf8'), line, attributes: new Map() };
    } else if (key === 'dn') {
      throw new LdifError(line, 'a record has a second `dn:`', 'separate records by one empty line');
    } else if (key === 'changetype' || key === 'control') {
      throw new LdifError(
        line,
        'is a record of changes',
        'give the content itself, as slapcat(8) or ldapsearch(1) write it',
      );
    } else {
      const known = current.attributes.get(key);
      if (known === undefined) current.attributes.set(key, { type: name, values: [value] });
      else known.values.push(value);
    }
    first = false;
  }
  finish();
  return records;
}

/** Lines with folded ones joined and comments left out; an empty one for every empty line and at the end. */
function* logicalLines(bytes: Buffer): Generator<LogicalLine> {
  let pending: { readonly line: number; readonly parts: Buffer[] } | undefined;
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    line += 1;
    const found = bytes.indexOf(lineFeed, start);
    const end = found < 0 ? bytes.length : found;
    const physical = bytes.subarray(start, end > start && bytes[end - 1] === carriageReturn ? end - 1 : end);
    start = end + 1;
    if (physical[0] === blank) {
      if (pending === undefined)
        throw new LdifError(line, 'begins with a blank but continues nothing', 'remove the blank');
      pending.parts.push(physical.subarray(1));
      continue;
    }
    if (pending !== undefined) yield* joined(pending);
    pending = undefined;
    if (physical.length === 0) yield { line, bytes: physical };
    else pending = { line, parts: [physical] };
  }
  if (pending !== undefined) yield* joined(pending);
}

function* joined(pending: {
  readonly line: number;
  readonly parts: readonly Buffer[];
}): Generator<LogicalLine> {
  // A folded comment is one comment.
  if (pending.parts[0]?.[0] === hash) return;
  yield { line: pending.line, bytes: Buffer.concat(pending.parts) };
}

function splitLine(content: Buffer, line: number): { readonly name: string; readonly value: Buffer } {
  const at = content.indexOf(colon);
  const name = at < 0 ? '' : content.toString('latin1', 0, at);
  if (!description.test(name)) {
    throw new LdifError(
      line,
      'does not begin with an attribute and `:`',
      'correct the line, or fold it with a blank',
    );
  }
  const kind = content[at + 1];
  if (kind === 0x3c) {
    throw new LdifError(line, 'gives a value by URL (`:<`)', 'put the value itself into the file');
  }
  let start = kind === colon ? at + 2 : at + 1;
  while (content[start] === blank) start += 1;
  const value = content.subarray(start);
  return { name, value: kind === colon ? decodeBase64(value, line) : value };
}

function decodeBase64(value: Buffer, line: number): Buffer {
  const text = value.toString('latin1').trimEnd();
  const decoded = Buffer.from(text, 'base64');
  if (decoded.toString('base64') !== text)
    throw new LdifError(line, 'is not base64', 'encode the value anew');
  return decoded;
}
