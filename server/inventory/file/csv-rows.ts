import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { type ReadingLimits, UnreadableFile } from './raw-record.ts';

/** The cells of a row, and the line on which it starts. */
export interface CsvRow {
  readonly cells: readonly string[];
  readonly line: number;
}

const remedy = 'put cells with commas, quotes or line breaks in quotes, and double the quotes in them';

/** The rows of a CSV text (RFC 4180, comma) that comes in pieces. Empty lines are none. */
export async function* readCsvRows(
  text: AsyncIterable<string>,
  limits: Pick<ReadingLimits, 'recordCharacters'>,
): AsyncGenerator<readonly CsvRow[]> {
  let rest = '';
  let line = 1;
  for await (const piece of text) {
    const all = rest + piece;
    const end = endOfRows(all);
    if (end > 0) {
      const rows = parseRows(all.slice(0, end), line, limits);
      line += lineBreaks(all, 0, end);
      yield rows;
    }
    rest = all.slice(end);
    if (rest.length > limits.recordCharacters) throw notCsv(line, 'a row does not end');
  }
  yield parseRows(rest, line, limits);
}

/** After the last line break that is not in quotes. In text that is CSV, those are after an even number of quotes. */
function endOfRows(text: string): number {
  let end = 0;
  let inQuotes = false;
  let from = 0;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (!inQuotes) {
      const before = quote < 0 ? text.length : quote;
      const at = text.lastIndexOf('\n', before - 1);
      if (before > 0 && at >= from) end = at + 1;
    }
    if (quote < 0) return end;
    inQuotes = !inQuotes;
    from = quote + 1;
  }
}

function parseRows(
  text: string,
  firstLine: number,
  limits: Pick<ReadingLimits, 'recordCharacters'>,
): readonly CsvRow[] {
  // Most files have no quotes at all, and csv-parse looks at every byte.
  if (!text.includes('"')) return plainRows(text, firstLine);
  const rows: CsvRow[] = [];
  let line = firstLine;
  try {
    parse(text, {
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n'],
      max_record_size: limits.recordCharacters,
      on_record(cells: readonly string[]) {
        // An empty line is a row of one empty cell here, so that lines can be counted.
        if (cells.length > 1 || cells[0] !== '') rows.push({ cells, line });
        line += 1;
        for (const cell of cells) if (cell.includes('\n')) line += lineBreaks(cell, 0, cell.length);
        return null;
      },
    });
    return rows;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw notCsv(line, error.code.toLowerCase().replace('csv_', '').replaceAll('_', ' '));
  }
}

function plainRows(text: string, firstLine: number): readonly CsvRow[] {
  return text.split('\n').flatMap((row, index) => {
    const cells = (row.endsWith('\r') ? row.slice(0, -1) : row).split(',');
    return cells.length > 1 || cells[0] !== '' ? [{ cells, line: firstLine + index }] : [];
  });
}

function lineBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

function notCsv(line: number, why: string): UnreadableFile {
  return new UnreadableFile(line, `is not CSV (${why})`, remedy);
}
