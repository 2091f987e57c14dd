import { displayWidth, wrap } from './display-width.ts';
import { paint, plainText, type Span } from './span.ts';

/** A column of a table. */
export interface Column {
  readonly heading: string;
  readonly align?: 'right';
  /** Wraps where the terminal is too narrow for the whole table. */
  readonly flexible?: boolean;
}

/** One cell; a list is one line each. */
export type Cell = Span | readonly Span[];

/** Where and how a table is printed. */
export interface TableLayout {
  /** Columns of the terminal; infinite where the output is not one. */
  readonly width: number;
  readonly colour: boolean;
  /** Blanks before each line. */
  readonly indent: number;
}

const gap = 2;
const narrowest = 12;

/** The lines of a table of aligned columns: a row of headings (left out if all are empty), then the rows. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  layout: TableLayout,
): readonly string[] {
  const widths = fitted(columns, rows, layout);
  const headings: readonly Span[] = columns.map((column) => ({ text: column.heading, style: 'bold' }));
  const all = columns.every((column) => column.heading === '') ? rows : [headings, ...rows];
  return all.flatMap((row) => rowLines(row, columns, widths, layout));
}

function rowLines(
  row: readonly Cell[],
  columns: readonly Column[],
  widths: readonly number[],
  layout: TableLayout,
): readonly string[] {
  const cells = columns.map((_, index) => cellLines(row[index] ?? '', widths[index] ?? 0));
  const height = Math.max(...cells.map((cell) => cell.length));
  const lines: string[] = [];
  for (let line = 0; line < height; line += 1) {
    let text = ' '.repeat(layout.indent);
    let pending = 0;
    for (const [index, cell] of cells.entries()) {
      const part = cell[line];
      const content = part?.text ?? '';
      const padding = Math.max(0, (widths[index] ?? 0) - displayWidth(content));
      const before = columns[index]?.align === 'right' ? padding : 0;
      if (part !== undefined && content !== '') {
        text += ' '.repeat(pending + before) + paint(part.span, content, layout.colour);
        pending = padding - before + gap;
      } else {
        pending += (widths[index] ?? 0) + gap;
      }
    }
    lines.push(text);
  }
  return lines;
}

function cellLines(cell: Cell, width: number): readonly { readonly span: Span; readonly text: string }[] {
  const spans: readonly Span[] = isList(cell) ? cell : [cell];
  return spans.flatMap((span) => wrap(plainText(span), Math.max(1, width)).map((text) => ({ span, text })));
}

function isList(cell: Cell): cell is readonly Span[] {
  return Array.isArray(cell);
}

/** Widths that the content asks for, flexible columns narrowed, widest first, until the table fits. */
function fitted(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  layout: TableLayout,
): readonly number[] {
  const widths = columns.map((column, index) => {
    let width = displayWidth(column.heading);
    for (const row of rows) {
      const cell = row[index] ?? '';
      for (const span of isList(cell) ? cell : [cell]) width = Math.max(width, displayWidth(plainText(span)));
    }
    return width;
  });
  let excess = widths.reduce((sum, width) => sum + width + gap, layout.indent - gap) - layout.width;
  while (excess > 0 && excess !== Infinity) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const width = widths[index] ?? 0;
      if (column.flexible === true && width > narrowest && width > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}
