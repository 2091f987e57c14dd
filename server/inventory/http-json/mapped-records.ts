import { printable } from '../../domain/printable.ts';
import type { MappedRecord } from '../checks/judge-records.ts';
import { textAt } from './list/pointer-value.ts';
import type { RowSink } from './list/read-list.ts';
import type { Evaluator } from './mapping/evaluator.ts';
import type { HttpJsonOptions } from './option-rules.ts';
import type { RelatedRows } from './related-rows.ts';

/** Maps rows as they come, so that no more than a page is held as it came. */
export function mapRows(
  options: Pick<HttpJsonOptions, 'key' | 'recordUrl'>,
  evaluator: Evaluator,
  related: RelatedRows,
): RowSink<readonly MappedRecord[]> {
  const records: MappedRecord[] = [];
  return {
    async take(rows) {
      const inputs = [];
      for (const row of rows) inputs.push({ row, related: await related(row) });
      const results = await evaluator.map(inputs);
      for (const [index, result] of results.entries()) {
        records.push({ ...result, locator: locateRow(options, rows[index]), fieldName });
      }
    },
    result: () => records,
  };
}

/** Where the record with this `key` is, for people. Without the instance's name: one that is broken keeps its locator. */
export function locateKey(
  { key: pointer, recordUrl }: Pick<HttpJsonOptions, 'key' | 'recordUrl'>,
  key: string,
): string {
  if (recordUrl === undefined) return `${pointer.split('/').at(-1) ?? ''} ${printable(key)}`;
  return recordUrl.replaceAll('{key}', encodeURIComponent(key.slice(0, 128).toWellFormed()));
}

function locateRow(options: Pick<HttpJsonOptions, 'key' | 'recordUrl'>, row: unknown): string {
  const key = textAt(row, options.key);
  return key === undefined ? `record without ${options.key}` : locateKey(options, key);
}

/** `/interfaces/0/mac` as `interfaces.0.mac`; empty pointer: `record`. */
function fieldName(pointer: string): string {
  if (pointer === '') return 'record';
  return pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
}
