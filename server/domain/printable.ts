/**
 * Hostile text as one safe piece of a message: control, bidirectional and invisible characters are escaped,
 * the rest of a long text is cut.
 * @param most characters that are kept
 */
export function printable(text: string, most = 64): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  );
}
