/**
 * Characters that could move the cursor, change colours, reorder or hide what a person reads: control (Cc), format
 * with all bidirectional and zero-width ones (Cf), separators of lines and paragraphs, and lone surrogates.
 */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with every unsafe character made visible: `\n`, `\x1b`, `\u{202e}`. For all that servers and files say. */
export function printable(text: string): string {
  return text.replace(unsafe, (character) => {
    const point = character.codePointAt(0) ?? 0;
    if (named[character] !== undefined) return named[character];
    return point < 0x100 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`;
  });
}

/** The value as indented JSON that is safe on a terminal too: unsafe characters are `\uXXXX`. Ends with a newline. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  return `${text.replace(unsafe, (character) => (character === '\n' ? character : unicodeEscape(character)))}\n`;
}

function unicodeEscape(character: string): string {
  let escaped = '';
  for (let index = 0; index < character.length; index += 1) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
