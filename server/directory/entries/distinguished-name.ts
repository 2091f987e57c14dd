/**
 * One form of a DN (RFC 4514) for comparing: types and values in lower case, escapes resolved, blanks as caseIgnoreMatch
 * takes them, parts of a relative name sorted. Undefined where the text is no DN. Values of attributes that mind case are
 * compared without it too, so that whoever keeps DNs by this form must expect two entries of one form.
 */
export function comparableDn(dn: string): string | undefined {
  const relatives: string[][] = [[]];
  let at = 0;
  while (at <= dn.length) {
    const [match, type = ''] =
      /^ *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*) *= */.exec(dn.slice(at, at + 128)) ?? [];
    if (match === undefined) return undefined;
    at += match.length;
    const value = readValue(dn, at);
    if (value === undefined) return undefined;
    relatives.at(-1)?.push(`${type.toLowerCase()}=${value.text}`);
    at = value.end + 1;
    if (value.end === dn.length) break;
    if (dn[value.end] === ',') relatives.push([]);
  }
  return JSON.stringify(relatives.map((parts) => parts.sort()));
}

/** The value from `start` to the next separator that is not escaped. */
function readValue(dn: string, start: number): { readonly text: string; readonly end: number } | undefined {
  const bytes: Buffer[] = [];
  let plain = start;
  let at = start;
  const keep = (): void => {
    bytes.push(Buffer.from(dn.slice(plain, at), 'utf8'));
  };
  for (; at < dn.length && dn[at] !== ',' && dn[at] !== '+'; at += 1) {
    if (dn[at] === '"' || dn[at] === '\0') return undefined;
    if (dn[at] !== '\\') continue;
    keep();
    const [hex] = /^[0-9A-Fa-f]{2}/.exec(dn.slice(at + 1, at + 3)) ?? [];
    if (hex !== undefined) bytes.push(Buffer.from(hex, 'hex'));
    else if (at + 1 < dn.length) bytes.push(Buffer.from(dn.charAt(at + 1), 'utf8'));
    else return undefined;
    at += hex === undefined ? 1 : 2;
    plain = at + 1;
  }
  keep();
  const text = Buffer.concat(bytes).toString('utf8').normalize('NFKC').toLowerCase();
  return { text: text.replaceAll(/ +/g, ' ').trim(), end: at };
}
