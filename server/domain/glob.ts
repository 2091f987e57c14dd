/**
 * Whether a text matches a pattern in which `*` stands for any characters and, if `single` is set, `?` for one.
 * Runs in bounded time (length of pattern × length of text): patterns come from operators and LDAP.
 */
export function matchesGlob(
  pattern: string,
  text: string,
  options: { readonly single?: boolean } = {},
): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let retry = 0;
  while (t < text.length) {
    const symbol = pattern[p];
    if (symbol === '*') {
      star = p++;
      retry = t;
    } else if (symbol === text[t] || (symbol === '?' && options.single === true)) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
