import { paint, plainText, type Span, styled } from './span.ts';
import { type Cell, type Column, tableLines } from './table.ts';

/** Builds the text for people. Everything that goes in is escaped, so that no data reaches the terminal raw. */
export interface Page {
  line(...spans: readonly Span[]): void;
  blank(): void;
  /** A bold line. */
  heading(text: string): void;
  /** Labels and values in two columns, indented. */
  fields(rows: readonly (readonly [label: string, value: Cell])[]): void;
  table(
    columns: readonly Column[],
    rows: readonly (readonly Cell[])[],
    options?: { readonly indent?: number },
  ): void;
  /** All of it, each line ended. */
  text(): string;
}

/** @param layout `width` in columns, infinite where the output is no terminal */
export function createPage(layout: { readonly width: number; readonly colour: boolean }): Page {
  const lines: string[] = [];

  function table(
    columns: readonly Column[],
    rows: readonly (readonly Cell[])[],
    options: { readonly indent?: number } = {},
  ): void {
    lines.push(...tableLines(columns, rows, { ...layout, indent: options.indent ?? 0 }));
  }

  return {
    line: (...spans) => {
      lines.push(spans.map((span) => paint(span, plainText(span), layout.colour)).join(''));
    },
    blank: () => {
      lines.push('');
    },
    heading: (text) => {
      lines.push(paint(styled('bold', text), plainText(text), layout.colour));
    },
    fields: (rows) => {
      table(
        [{ heading: '' }, { heading: '', flexible: true }],
        rows.map(([label, value]) => [styled('dim', label), value]),
        { indent: 2 },
      );
    },
    table,
    text: () => lines.map((line) => `${line}\n`).join(''),
  };
}
