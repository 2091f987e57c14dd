import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { FieldOrigins, InventoryEntry, RecordChange } from '../inventory.ts';

/** What one inventory says of an instance. */
export interface NamedEntry {
  readonly inventory: string;
  readonly entry: InventoryEntry;
}

/** Names of inventories to ask first, by field. */
export type FieldPrecedence = Readonly<Partial<Record<MergedField, readonly string[]>>>;

/** Bonds and VLANs name interfaces of their record, and come from the inventory of which those are. */
const networkParts: ReadonlySet<string> = new Set<keyof InstanceRecord>(['bonds', 'vlans']);

/** Every field but the one by which records are joined. */
export type MergedField = Exclude<keyof InstanceRecord, 'id'>;

/**
 * One record from what several inventories say of one instance. Each field is taken whole from the first that has it,
 * in the order of precedence of that field; an empty list is none, and bonds and VLANs come with the interfaces. Its last change is the newest of those that
 * something was taken from.
 * @param entries at least one, in order of configuration
 */
export function mergeRecords(
  [first, ...others]: readonly [NamedEntry, ...NamedEntry[]],
  precedence: FieldPrecedence,
): InventoryEntry {
  const entries = [first, ...others];
  const fields: Record<string, unknown> = { id: first.entry.record.id };
  const origins = new Map<string, { readonly inventory: string; readonly locator: string }>();
  const contributors = new Set([first]);
  for (const field of fieldsOf(entries)) {
    const asked = networkParts.has(field) ? 'interfaces' : field;
    const from = inOrder(entries, precedence[asked]).find(({ entry }) => has(entry.record[asked])) ?? first;
    const value = from.entry.record[field];
    if (value === undefined) continue;
    fields[field] = value;
    contributors.add(from);
    origins.set(field, { inventory: from.inventory, locator: from.entry.locator });
  }
  origins.set('id', { inventory: first.inventory, locator: first.entry.locator });
  const lastChange = newest([...contributors].flatMap(({ entry }) => entry.lastChange ?? []));
  return {
    // Every field is that of a valid record, and those that a record must have stand in the first.
    record: fields as unknown as InstanceRecord,
    locator: first.entry.locator,
    origins: origins satisfies FieldOrigins,
    ...(lastChange === undefined ? {} : { lastChange }),
  };
}

function fieldsOf(entries: readonly NamedEntry[]): ReadonlySet<MergedField> {
  const fields = new Set<MergedField>();
  for (const { entry } of entries) {
    for (const field of Object.keys(entry.record)) if (field !== 'id') fields.add(field as MergedField);
  }
  return fields;
}

function inOrder(
  entries: readonly NamedEntry[],
  names: readonly string[] | undefined,
): readonly NamedEntry[] {
  if (names === undefined) return entries;
  const rank = ({ inventory }: NamedEntry): number => {
    const index = names.indexOf(inventory);
    return index < 0 ? names.length : index;
  };
  return entries.toSorted((one, other) => rank(one) - rank(other));
}

function has(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

function newest(changes: readonly RecordChange[]): RecordChange | undefined {
  return changes.toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at))[0];
}
