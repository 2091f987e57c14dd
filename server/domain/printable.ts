/**
 * Control, format (bidirectional, zero-width), surrogate, private and unassigned characters, separators but
 * the plain blank: nothing that could break a log line, move a cursor or reverse the reading order.
 */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/**
 * A text from outside, made safe to show in a message, a log or a table: characters that cannot be seen are
 * written as `\u{a}`, and what is longer than `limit` characters is cut and ends in `…`.
 */
export function printable(text: string, limit = 64): string {
  const points: string[] = [];
  let cut = false;
  for (const point of text) {
    if (points.length === limit) {
      cut = true;
      break;
    }
    points.push(point);
  }
  const shown = points
    .join('')
    .replace(unprintable, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return cut ? `${shown}…` : shown;
}
