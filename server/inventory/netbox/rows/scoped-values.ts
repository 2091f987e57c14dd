import type { Row } from '../client/pager.ts';
import { type NetboxMapping, type Scope, scopedFields } from '../mapping.ts';
import { type Found, valuesAt } from './value-at.ts';

/** What the paths of the mapping find in one row, by path; only what is set. */
export type ScopedValues = ReadonlyMap<string, readonly Found[]>;

/** Reads what the mapping takes from rows of one scope. */
export type ScopedReader = (row: Row) => ScopedValues;

/** A reader that keeps nothing of a row in which nothing is set. */
export function scopedReader(mapping: NetboxMapping, scope: Scope): ScopedReader {
  const paths = [...new Set(scopedFields.flatMap((field) => mapping[field]))]
    .filter((path) => path.startsWith(`${scope}.`) && path !== 'prefix.first-host')
    .map((path) => ({ path, keys: path.split('.').slice(1) }));
  const nothing: ScopedValues = new Map();
  return (row) => {
    let values: Map<string, readonly Found[]> | undefined;
    for (const { path, keys } of paths) {
      const found = valuesAt(row, keys);
      if (found === undefined) continue;
      values ??= new Map();
      values.set(path, found);
    }
    return values ?? nothing;
  };
}
