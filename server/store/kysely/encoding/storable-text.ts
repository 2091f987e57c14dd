/**
 * The text as every database can keep it: PostgreSQL refuses NUL, and a lone surrogate has no UTF-8. Both become
 * U+FFFD, so that a hostile character never stops an audit line from being written, nor a search.
 */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
