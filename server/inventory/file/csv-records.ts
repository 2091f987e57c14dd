import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import { printable } from '../../domain/printable.ts';
import {
  cellValue,
  columnOfPointer,
  interfaceColumns,
  knownColumns,
  pointerOfColumn,
  requiredColumns,
} from './csv-columns.ts';
import { type CsvRow, readCsvRows } from './csv-rows.ts';
import { type RawRecord, type ReadingLimits, UnreadableFile } from './raw-record.ts';

interface Row {
  readonly line: number;
  readonly id: string | undefined;
  /** Fields of the instance but the id; undefined where none is filled in. */
  readonly own: Readonly<Record<string, unknown>> | undefined;
  /** Fields of an interface; undefined where none is filled in. */
  readonly port: Readonly<Record<string, unknown>> | undefined;
  readonly problems: readonly FieldProblem[];
}

interface RecordInProgress {
  readonly value: { readonly interfaces: unknown[]; readonly [field: string]: unknown };
  readonly line: number;
  readonly problems: FieldProblem[];
  readonly fieldName: (pointer: string) => string;
}

const batch = 1000;
/** Texts kept to be shared; beyond these, most are of one machine. */
const mostShared = 20_000;

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
  for await (const rows of readRows(text, limits)) {
    for (const row of rows) {
      const id = row.id?.toLowerCase();
      const known = id === undefined ? undefined : byId.get(id);
      if (row.own === undefined && known !== undefined) {
        if (row.port !== undefined) known.value.interfaces.push(row.port);
        known.problems.push(...row.problems);
        continue;
      }
      const record = startRecord(row);
      records.push(record);
      if (id !== undefined && known === undefined) byId.set(id, record);
    }
  }
  // Not before the end, as a further row may be the last.
  byId.clear();
  for (let start = 0; start < records.length; start += batch) yield records.slice(start, start + batch);
}

function startRecord({ line, id, own, port, problems }: Row): RecordInProgress {
  return {
    value: {
      ...(id === undefined ? {} : { id }),
      tags: [],
      ...own,
      interfaces: port === undefined ? [] : [port],
    },
    line,
    problems: [...problems],
    fieldName: columnOfPointer,
  };
}

async function* readRows(text: AsyncIterable<string>, limits: ReadingLimits): AsyncGenerator<readonly Row[]> {
  let columns: readonly string[] | undefined;
  let count = 0;
  const known = new Map<string, string>();
  for await (const rows of readCsvRows(text, limits)) {
    count += rows.length;
    if (count > limits.records + 1) {
      throw new UnreadableFile(
        rows.at(-1)?.line,
        `there are more than ${limits.records} rows`,
        'split the inventory',
      );
    }
    const [first, ...others] = rows;
    if (first === undefined) continue;
    const names = columns ?? columnNames(first);
    yield (columns === undefined ? others : rows).map((row) => readRow(row, names, known, limits));
    columns = names;
  }
  if (columns === undefined) {
    throw new UnreadableFile(1, 'is empty', 'begin it with the line of column names');
  }
}

function readRow(
  { cells, line }: CsvRow,
  columns: readonly string[],
  known: Map<string, string>,
  limits: ReadingLimits,
): Row {
  let id: string | undefined;
  let own: Record<string, unknown> | undefined;
  let port: Record<string, unknown> | undefined;
  const problems: FieldProblem[] = [];
  if (cells.length !== columns.length) {
    problems.push({
      pointer: '',
      message: `has ${cells.length} cells, but there are ${columns.length} columns`,
      remedy: 'give every column its cell, and put cells with commas in quotes',
    });
  }
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? '';
    if (cell === '') continue;
    const value = cell.length > limits.characters ? undefined : cellValue(column, shared(known, cell));
    if (value === undefined || (Array.isArray(value) && value.length > limits.items)) {
      problems.push({ pointer: pointerOfColumn(column), message: 'is too long', remedy: 'shorten it' });
    } else if (column === 'id') id = cell;
    else if (isInterfaceColumn(column)) {
      port ??= {};
      port[interfaceColumns[column]] = value;
    } else {
      own ??= {};
      own[column] = value;
    }
  }
  return { line, id, own, port, problems };
}

function isInterfaceColumn(column: string): column is keyof typeof interfaceColumns {
  return Object.hasOwn(interfaceColumns, column);
}

/** The same text once only: sites, projects, owners and hypervisors repeat themselves all over a file. */
function shared(known: Map<string, string>, text: string): string {
  const one = known.get(text);
  if (one !== undefined) return one;
  if (known.size < mostShared) known.set(text, text);
  return text;
}

function columnNames({ cells }: CsvRow): readonly string[] {
  const columns = cells.map((name) => name.trim());
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
  return columns;
}
