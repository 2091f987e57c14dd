const begin = /^-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/;
const end = /^-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----/;
const armorLine = /^\s{0,20}[A-Za-z0-9+/=]{16,}\s{0,20}$/;
const replacement = '[private key]';

/**
 * Takes armored private keys out of a text (RFC 7468, OpenSSH, OpenPGP), also one that is cut off at either end. It looks at
 * each line once, however hostile the text is.
 */
export function withoutPrivateKeys(text: string): string {
  if (!text.includes('PRIVATE KEY')) return text;
  const kept: string[] = [];
  let inside = false;
  for (const line of text.split('\n')) {
    let rest = line;
    let shown = '';
    if (!inside) {
      const tail = markerIn(rest, '-----END ', end);
      const head = markerIn(rest, '-----BEGIN ', begin);
      if (tail !== undefined && (head === undefined || tail.from < head.from)) {
        // Its beginning was cut off: the lines of armor before belong to it, and what stands before on this one.
        while (armorLine.test(kept[kept.length - 1] ?? '')) kept.pop();
        shown = replacement;
        rest = rest.slice(tail.to);
      }
    }
    for (;;) {
      if (inside) {
        const tail = markerIn(rest, '-----END ', end);
        if (tail === undefined) break;
        inside = false;
        rest = rest.slice(tail.to);
      }
      const head = markerIn(rest, '-----BEGIN ', begin);
      if (head === undefined) {
        shown += rest;
        break;
      }
      shown += rest.slice(0, head.from) + replacement;
      inside = true;
      rest = rest.slice(head.to);
    }
    // A line that lies wholly in a key leaves nothing.
    if (shown !== '' || line === '') kept.push(shown);
  }
  return kept.join('\n');
}

/** The first marker of this form. */
function markerIn(
  text: string,
  start: string,
  form: RegExp,
): { readonly from: number; readonly to: number } | undefined {
  for (let from = text.indexOf(start); from >= 0; from = text.indexOf(start, from + start.length)) {
    const found = form.exec(text.slice(from, from + 120));
    if (found !== null) return { from, to: from + found[0].length };
  }
  return undefined;
}
