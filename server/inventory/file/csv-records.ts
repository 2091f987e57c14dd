import { CsvError, type InfoRecord } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { printable } from '../../domain/printable.ts';
import {
  cellValue,
  columnOfPointer,
  instanceColumns,
  interfaceColumns,
  knownColumns,
  requiredColumns,
} from './csv-columns.ts';
import { type RawRecord, type ReadingLimits, type ReadingProblem, UnreadableFile } from './raw-record.ts';

interface Row {
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
  readonly problems: readonly ReadingProblem[];
}

interface RecordInProgress {
  readonly value: Record<string, unknown> & { readonly interfaces: Record<string, unknown>[] };
  readonly line: number;
  readonly problems: ReadingProblem[];
}

/**
 * The records of a CSV inventory (RFC 4180, comma, UTF-8). The first line names the columns, in any order:
 *
 *     id,name,hostname,domain,project,owner,creator,createdAt,site,availabilityZone,osFamily,hypervisor,tags,
 *     userData,interface,mac,mtu,addresses,gateway4,gateway6,dhcp4,dhcp6
 *
 * `id`, `name` and `osFamily` must be there. An empty cell is an absent field. `tags` and `addresses` hold lists,
 * separated by blanks or semicolons; `dhcp4` and `dhcp6` are `true` or `false`. The columns from `interface` on
 * describe one network interface (`interface` is its name); a machine with several has a further row for
 * each, which fills in `id` and interface columns only:
 *
 *     5f2b6a1e-…,web-01,debian,52:54:00:12:34:56,10.0.2.15/24,10.0.2.2
 *     5f2b6a1e-…,,,52:54:00:12:34:57,192.0.2.15/24,
 *
 * A further row that also has a name is a second record of the same machine; then both are in doubt.
 */
export function readCsvRecords(text: string, limits: ReadingLimits): readonly RawRecord[] {
  const records: RecordInProgress[] = [];
  const byId = new Map<string, RecordInProgress>();
  for (const row of readRows(text, limits)) {
    const id = row.cells.get('id')?.toLowerCase();
    const own = id === undefined || instanceColumns.some((column) => row.cells.has(column));
    const known = id === undefined ? undefined : byId.get(id);
    if (!own && known !== undefined) {
      addInterface(known, row);
      known.problems.push(...row.problems);
      continue;
    }
    const record: RecordInProgress = {
      value: { tags: [], interfaces: [] },
      line: row.line,
      problems: [...row.problems],
    };
    for (const column of ['id', ...instanceColumns]) {
      const cell = row.cells.get(column);
      if (cell !== undefined) record.value[column] = cellValue(column, cell);
    }
    addInterface(record, row);
    records.push(record);
    if (id !== undefined && !byId.has(id)) byId.set(id, record);
  }
  return records.map((record) => ({ ...record, fieldName: columnOfPointer }));
}

function addInterface(record: RecordInProgress, row: Row): void {
  const fields = Object.entries(interfaceColumns).flatMap(([column, key]) => {
    const cell = row.cells.get(column);
    return cell === undefined ? [] : [[key, cellValue(column, cell)] as const];
  });
  if (fields.length > 0) record.value.interfaces.push(Object.fromEntries(fields));
}

function* readRows(text: string, limits: ReadingLimits): Generator<Row> {
  const [header, ...lines] = parseCells(text, limits);
  if (header === undefined) throw new UnreadableFile(1, 'is empty', 'begin it with the line of column names');
  const columns = header.record.map((name) => name.trim());
  checkColumns(columns);
  for (const { record, info } of lines) {
    // csv-parse gives the line on which a record ends; cells may span lines.
    const line = info.lines - record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
    const cells = new Map<string, string>();
    const problems: ReadingProblem[] = [];
    if (record.length !== columns.length) {
      problems.push({
        field: 'record',
        message: `has ${record.length} cells, but there are ${columns.length} columns`,
        remedy: 'give every column its cell, and put cells with commas in quotes',
      });
    }
    for (const [index, column] of columns.entries()) {
      const cell = record[index] ?? '';
      if (cell === '') continue;
      if (cell.length > limits.characters || listLength(column, cell) > limits.items) {
        problems.push({ field: column, message: 'is too long', remedy: 'shorten it' });
      } else cells.set(column, cell);
    }
    yield { line, cells, problems };
  }
}

function listLength(column: string, cell: string): number {
  const value = cellValue(column, cell);
  return Array.isArray(value) ? value.length : 1;
}

function parseCells(
  text: string,
  limits: ReadingLimits,
): readonly { readonly record: readonly string[]; readonly info: InfoRecord }[] {
  try {
    const rows = parse(text, {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: limits.characters * 8,
      to: limits.records + 2,
    }) as unknown as readonly { readonly record: readonly string[]; readonly info: InfoRecord }[];
    if (rows.length <= limits.records + 1) return rows;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    throw new UnreadableFile(
      line,
      `is not CSV (${error.code.toLowerCase().replace('csv_', '').replaceAll('_', ' ')})`,
      'put cells with commas, quotes or line breaks in quotes, and double the quotes in them',
    );
  }
  throw new UnreadableFile(1, `there are more than ${limits.records} rows`, 'split the inventory');
}

function checkColumns(columns: readonly string[]): void {
  for (const column of columns) {
    if (!knownColumns.has(column)) {
      throw new UnreadableFile(
        1,
        `\`${printable(column)}\` is not a known column`,
        `use ${[...knownColumns].join(', ')}`,
      );
    }
  }
  if (new Set(columns).size < columns.length) {
    throw new UnreadableFile(1, 'a column stands there twice', 'keep one of the two');
  }
  for (const column of requiredColumns) {
    if (!columns.includes(column)) {
      throw new UnreadableFile(1, `misses the column \`${column}\``, 'add it');
    }
  }
}
