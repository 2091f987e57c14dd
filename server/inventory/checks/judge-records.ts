import type { RecordProblem } from '../../../schemas/types/api.ts';
import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import type { Validators } from '../../../schemas/validation/validator.ts';
import { parseInstanceId } from '../../domain/identifiers.ts';
import { printable } from '../../domain/printable.ts';
import type { InventoryEntry, InventorySnapshot, QuarantinedRecord, RecordChange } from '../inventory.ts';
import { checkRecord } from './record-checks.ts';

/** A record as an adapter mapped it, before validation. */
export interface MappedRecord {
  /** The record in the CMDB's own words, safe to show. */
  readonly locator: string;
  /** What messages call it, where that is more than the locator; safe to show. */
  readonly label?: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** What the adapter itself found wrong; the record is then refused without further checks. */
  readonly problems: readonly FieldProblem[];
  /** Name of a field in the CMDB's own words, from a JSON pointer into the value. */
  readonly fieldName: (pointer: string) => string;
  /** Who changed it last, where the CMDB tells; safe to show. */
  readonly lastChange?: RecordChange;
}

/** Sorts records as they come. */
export interface RecordJudge {
  take(record: MappedRecord): void;
  /** All that was taken; nothing may be taken afterwards. */
  snapshot(): InventorySnapshot;
}

/** Problems named of one record; a record with ten thousand wrong fields does not make ten thousand messages. */
const problemLimit = 20;

/** Sorts the good records from the bad, all at once: see {@link openJudge}. */
export function judgeRecords(
  records: Iterable<MappedRecord>,
  validators: Pick<Validators, 'instanceRecord'>,
  inventory: string,
): InventorySnapshot {
  const judge = openJudge(validators, inventory);
  for (const record of records) judge.take(record);
  return judge.snapshot();
}

/**
 * Sorts the good records from the bad, one at a time, so that no more than one is held as it came. Records that share
 * a UUID are all bad: which one is true is unknown.
 */
export function openJudge(validators: Pick<Validators, 'instanceRecord'>, inventory: string): RecordJudge {
  const entries: InventoryEntry[] = [];
  const quarantined: QuarantinedRecord[] = [];
  const labels = new Map<string, string>();
  const clashes = new Map<string, string[]>();

  function noteId(id: string, label: string): void {
    const first = labels.get(id);
    const all = clashes.get(id);
    if (first === undefined) labels.set(id, label);
    else if (all === undefined) clashes.set(id, [first, label]);
    else all.push(label);
  }

  return {
    take(record) {
      const { locator, lastChange } = record;
      const id = idOf(record.value);
      if (id !== undefined) noteId(id, record.label ?? locator);
      const validated = record.problems.length > 0 ? undefined : validators.instanceRecord(record.value);
      const problems =
        validated === undefined
          ? record.problems
          : validated.kind === 'valid'
            ? checkRecord(validated.value)
            : validated.problems;
      if (validated?.kind === 'valid' && problems.length === 0) {
        entries.push({
          record: validated.value,
          locator,
          ...(lastChange === undefined ? {} : { lastChange }),
        });
      } else {
        quarantined.push({
          id,
          locator,
          problems: problems.slice(0, problemLimit).map(shown(record, inventory)),
        });
      }
    },
    snapshot: () => setClashesAside({ entries, quarantined }, clashes, inventory),
  };
}

function setClashesAside(
  { entries, quarantined }: InventorySnapshot,
  clashes: ReadonlyMap<string, readonly string[]>,
  inventory: string,
): InventorySnapshot {
  if (clashes.size === 0) return { entries, quarantined };
  const clash = (id: string | undefined, locator: string): RecordProblem | undefined => {
    const all = id === undefined ? undefined : clashes.get(id);
    if (all === undefined) return undefined;
    const isOwn = (label: string): boolean => label === locator || label.startsWith(`${locator} (`);
    const others = all.filter((label) => !isOwn(label));
    return {
      source: inventory,
      record: all.find(isOwn) ?? locator,
      field: 'id',
      message: `is also that of ${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''}`,
      remedy: 'keep one record of each machine',
    };
  };
  const good: InventoryEntry[] = [];
  const bad: QuarantinedRecord[] = [];
  for (const entry of entries) {
    const problem = clash(entry.record.id, entry.locator);
    if (problem === undefined) good.push(entry);
    else bad.push({ id: entry.record.id, locator: entry.locator, problems: [problem] });
  }
  for (const record of quarantined) {
    const problem = clash(record.id, record.locator);
    bad.push(problem === undefined ? record : { ...record, problems: [problem, ...record.problems] });
  }
  return { entries: good, quarantined: bad };
}

function shown(record: MappedRecord, inventory: string): (problem: FieldProblem) => RecordProblem {
  return ({ pointer, message, remedy }) => ({
    source: inventory,
    record: record.label ?? record.locator,
    field: printable(record.fieldName(pointer), 128),
    message,
    remedy,
  });
}

function idOf({ id }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof id === 'string' ? parseInstanceId(id) : undefined;
}
