import type { Row } from '../client/pager.ts';
import { type Found, rawAt, scalar } from './value-at.ts';

/** What a custom field or config context says of one bond; what is no object is refused by the schema. */
export interface BondRow {
  /** Every field but the members. A list or object is null, which the schema refuses. */
  readonly settings: Readonly<Record<string, Found>>;
  /** Names or MAC addresses of interfaces; undefined where it is no list. */
  readonly members: readonly Found[] | undefined;
}

/** Bonds, members and fields that are kept; a schema refuses such a long list anyway. */
const most = 64;

/** The bonds that the first path has; undefined where none is set. */
export function bondRows(row: Row, paths: readonly string[]): readonly BondRow[] | undefined {
  for (const path of paths) {
    const raw = rawAt(row, path.split('.'));
    if (raw === undefined || raw === null || raw === '') continue;
    const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
    return list.slice(0, most).map(bondRow);
  }
  return undefined;
}

function bondRow(raw: unknown): BondRow {
  if (typeof raw !== 'object' || raw === null) return { settings: {}, members: undefined };
  const { members, ...settings } = raw as Readonly<Record<string, unknown>>;
  return {
    settings: Object.fromEntries(
      Object.entries(settings)
        .slice(0, most)
        .map(([name, value]) => [name, scalar(value)] as const)
        .filter(([, value]) => value !== undefined),
    ),
    members: Array.isArray(members) ? members.slice(0, most).map(scalar) : undefined,
  };
}
