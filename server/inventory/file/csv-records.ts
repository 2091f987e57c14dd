import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import { printable } from '../../domain/printable.ts';
import {
  cellValue,
  columnOfPointer,
  instanceColumns,
  interfaceColumns,
  knownColumns,
  pointerOfColumn,
  requiredColumns,
} from './csv-columns.ts';
import { type CsvRow, readCsvRows } from './csv-rows.ts';
import { type RawRecord, type ReadingLimits, UnreadableFile } from './raw-record.ts';

interface Row {
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
  readonly problems: readonly FieldProblem[];
}

interface RecordInProgress {
  readonly value: Record<string, unknown> & { readonly interfaces: Record<string, unknown>[] };
  readonly line: number;
  readonly problems: FieldProblem[];
  readonly fieldName: (pointer: string) => string;
}

const batch = 1000;
/** Texts kept to be shared; beyond these, most are of one machine. */
const mostShared = 20_000;
const ownColumns = ['id', ...instanceColumns] as const;

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
export async function* readCsvRecords(
  text: AsyncIterable<string>,
  limits: ReadingLimits,
): AsyncGenerator<readonly RawRecord[]> {
  const records: RecordInProgress[] = [];
  const byId = new Map<string, RecordInProgress>();
  for await (const row of readRows(text, limits)) {
    const id = row.cells.get('id')?.toLowerCase();
    const own = id === undefined || instanceColumns.some((column) => row.cells.has(column));
    const known = id === undefined ? undefined : byId.get(id);
    if (!own && known !== undefined) {
      addInterface(known, row);
      known.problems.push(...row.problems);
      continue;
    }
    const record = startRecord(row);
    records.push(record);
    if (id !== undefined && !byId.has(id)) byId.set(id, record);
  }
  // Not before the end, as a further row may be the last.
  byId.clear();
  for (let start = 0; start < records.length; start += batch) yield records.slice(start, start + batch);
}

function startRecord(row: Row): RecordInProgress {
  const record: RecordInProgress = {
    value: { tags: [], interfaces: [] },
    line: row.line,
    problems: [...row.problems],
    fieldName: columnOfPointer,
  };
  for (const column of ownColumns) {
    const cell = row.cells.get(column);
    if (cell !== undefined) record.value[column] = cellValue(column, cell);
  }
  addInterface(record, row);
  return record;
}

function addInterface(record: RecordInProgress, row: Row): void {
  const fields = Object.entries(interfaceColumns).flatMap(([column, key]) => {
    const cell = row.cells.get(column);
    return cell === undefined ? [] : [[key, cellValue(column, cell)] as const];
  });
  if (fields.length > 0) record.value.interfaces.push(Object.fromEntries(fields));
}

async function* readRows(text: AsyncIterable<string>, limits: ReadingLimits): AsyncGenerator<Row> {
  let columns: readonly string[] | undefined;
  let count = 0;
  const known = new Map<string, string>();
  for await (const rows of readCsvRows(text, limits)) {
    for (const row of rows) {
      if (columns === undefined) {
        columns = row.cells.map((name) => name.trim());
        checkColumns(columns);
      } else yield readRow(row, columns, known, limits);
    }
    count += rows.length;
    if (count > limits.records + 1) {
      throw new UnreadableFile(
        rows.at(-1)?.line,
        `there are more than ${limits.records} rows`,
        'split the inventory',
      );
    }
  }
  if (columns === undefined) {
    throw new UnreadableFile(1, 'is empty', 'begin it with the line of column names');
  }
}

function readRow(
  { cells: texts, line }: CsvRow,
  columns: readonly string[],
  known: Map<string, string>,
  limits: ReadingLimits,
): Row {
  const cells = new Map<string, string>();
  const problems: FieldProblem[] = [];
  if (texts.length !== columns.length) {
    problems.push({
      pointer: '',
      message: `has ${texts.length} cells, but there are ${columns.length} columns`,
      remedy: 'give every column its cell, and put cells with commas in quotes',
    });
  }
  for (const [index, column] of columns.entries()) {
    const cell = texts[index] ?? '';
    if (cell === '') continue;
    if (cell.length > limits.characters || listLength(column, cell) > limits.items) {
      problems.push({ pointer: pointerOfColumn(column), message: 'is too long', remedy: 'shorten it' });
    } else cells.set(column, shared(known, cell));
  }
  return { line, cells, problems };
}

/** The same text once only: sites, projects, owners and hypervisors repeat themselves all over a file. */
function shared(known: Map<string, string>, text: string): string {
  const one = known.get(text);
  if (one !== undefined) return one;
  if (known.size < mostShared) known.set(text, text);
  return text;
}

function listLength(column: string, cell: string): number {
  const value = cellValue(column, cell);
  return Array.isArray(value) ? value.length : 1;
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
