/** A value that a path leads to: a scalar, null for a list or object, undefined where nothing is set. */
export type Found = string | number | boolean | null | undefined;

/** Values kept of one list; a schema refuses such a long one anyway. */
const mostValues = 64;

/**
 * The value at a path in a row; undefined where it is not set (absent, null or empty). Of a choice
 * (`{ "value": …, "label": … }`) the value. A list or object is `null`, which every schema refuses: it is not kept.
 */
export function valueAt(row: unknown, path: string): Found {
  return scalar(rawAt(row, path.split('.')));
}

/**
 * The values at a path: the elements of a list, or what commas and blanks separate in a text. Lines do not: a
 * value with a line break is left to be refused. Undefined where nothing is set.
 */
export function valuesAt(row: unknown, keys: readonly string[]): readonly Found[] | undefined {
  const raw = rawAt(row, keys);
  const parts: readonly unknown[] = Array.isArray(raw)
    ? raw
    : typeof raw === 'string'
      ? raw.split(/[ ,\t]+/, mostValues + 2)
      : [raw];
  const found: Found[] = [];
  for (const part of parts) {
    const value = scalar(part);
    if (value !== undefined && found.push(value) === mostValues) break;
  }
  return found.length === 0 ? undefined : found;
}

/** Whatever stands at a path in a row; undefined where nothing does. */
export function rawAt(row: unknown, keys: readonly string[]): unknown {
  let value = row;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/** A value as it is kept: see {@link valueAt}. */
export function scalar(raw: unknown): Found {
  const value =
    typeof raw === 'object' && raw !== null && Object.hasOwn(raw, 'value')
      ? (raw as { readonly value: unknown }).value
      : raw;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}
