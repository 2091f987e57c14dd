/**
 * The relative names of a DN (RFC 4514) from the entry up, each in lower case and without blanks around its parts: two
 * DNs are the same if these are. Enough for a tree that one LDIF file fills; values are not decoded.
 */
export function dnPath(dn: string): readonly string[] {
  return splitUnescaped(dn, ',').map((relative) =>
    splitUnescaped(relative, '+')
      .map((part) => {
        const at = part.indexOf('=');
        return `${part.slice(0, at).trim()}=${part.slice(at + 1).trim()}`.toLowerCase();
      })
      .sort()
      .join('+'),
  );
}

/** Whether the entry is the base or lies below it. */
export function isWithin(path: readonly string[], base: readonly string[]): boolean {
  const depth = path.length - base.length;
  return depth >= 0 && base.every((relative, index) => path[depth + index] === relative);
}

function splitUnescaped(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
