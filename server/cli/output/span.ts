import { styleText } from 'node:util';
import { printable } from './printable.ts';

/** How a text stands out; dropped where colours are off. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** A text as data gives it, with or without a style. It is escaped when it is printed, never before. */
export type Span = string | { readonly text: string; readonly style: Style };

/** A span of a style. */
export function styled(style: Style, text: string): Span {
  return { text, style };
}

/** The text of a span, made printable, without its style. */
export function plainText(span: Span): string {
  return printable(typeof span === 'string' ? span : span.text);
}

/** The printable text with the span's style. */
export function paint(span: Span, text: string, colour: boolean): string {
  if (!colour || typeof span === 'string' || text === '') return text;
  return styleText(span.style, text, { validateStream: false });
}
