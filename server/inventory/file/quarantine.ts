import type { RecordProblem } from '../../../schemas/types/api.ts';
import type { Validators } from '../../../schemas/validation/validator.ts';
import { parseInstanceId } from '../../domain/identifiers.ts';
import { printable } from '../../domain/printable.ts';
import { checkRecord } from '../checks/record-checks.ts';
import type { InventoryEntry, InventorySnapshot, QuarantinedRecord } from '../inventory.ts';
import type { RawRecord, ReadingProblem } from './raw-record.ts';

/** Problems named of one record; a record with ten thousand wrong fields does not make ten thousand messages. */
const problemLimit = 20;

/** Names in messages: the inventory's from the configuration, and the file's without its folder. */
export interface InventorySource {
  readonly inventory: string;
  readonly file: string;
}

type Judged =
  | { readonly kind: 'good'; readonly id: string; readonly entry: InventoryEntry }
  | { readonly kind: 'bad'; readonly id: string | undefined; readonly record: QuarantinedRecord };

/** Sorts the good records from the bad. Records that share a UUID are all bad: which one is true is unknown. */
export function judgeRecords(
  records: readonly RawRecord[],
  validators: Pick<Validators, 'instanceRecord'>,
  source: InventorySource,
): InventorySnapshot {
  const judged = records.map((record) => judge(record, validators, source));
  const locators = new Map<string, string[]>();
  for (const one of judged) {
    if (one.id === undefined) continue;
    const locator = one.kind === 'good' ? one.entry.locator : one.record.locator;
    const known = locators.get(one.id);
    if (known === undefined) locators.set(one.id, [locator]);
    else known.push(locator);
  }
  const entries: InventoryEntry[] = [];
  const quarantined: QuarantinedRecord[] = [];
  for (const one of judged) {
    const locator = one.kind === 'good' ? one.entry.locator : one.record.locator;
    const others = (one.id === undefined ? [] : (locators.get(one.id) ?? [])).filter(
      (other) => other !== locator,
    );
    if (others.length > 0) {
      const problem: RecordProblem = {
        source: source.inventory,
        record: locator,
        field: 'id',
        message: `is also that of ${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''}`,
        remedy: 'keep one record of each machine',
      };
      const problems = one.kind === 'bad' ? one.record.problems : [];
      quarantined.push({ id: one.id, locator, problems: [problem, ...problems] });
    } else if (one.kind === 'good') entries.push(one.entry);
    else quarantined.push(one.record);
  }
  return { entries, quarantined };
}

function judge(
  raw: RawRecord,
  validators: Pick<Validators, 'instanceRecord'>,
  source: InventorySource,
): Judged {
  const value = normalised(raw.value);
  const id = idOf(value);
  const locator = locate(raw, value, source);
  let problems: readonly ReadingProblem[] = raw.problems;
  if (problems.length === 0) {
    const validated = validators.instanceRecord(value);
    const found = validated.kind === 'valid' ? checkRecord(validated.value) : validated.problems;
    if (validated.kind === 'valid' && found.length === 0) {
      return { kind: 'good', id: validated.value.id, entry: { record: validated.value, locator } };
    }
    problems = found.map((problem) => ({
      field: raw.fieldName(problem.pointer),
      message: problem.message,
      remedy: problem.remedy,
    }));
  }
  const shown = problems.slice(0, problemLimit).map(
    (problem): RecordProblem => ({
      source: source.inventory,
      record: locator,
      field: printable(problem.field, 128),
      message: problem.message,
      remedy: problem.remedy,
    }),
  );
  return { kind: 'bad', id, record: { id, locator, problems: shown } };
}

/** UUIDs and MAC addresses in lower case, as schemas have them; their case has no meaning (RFC 9562, section 4). */
function normalised(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { id, interfaces } = value;
  return {
    ...value,
    ...(typeof id === 'string' ? { id: parseInstanceId(id) ?? id } : {}),
    ...(Array.isArray(interfaces) ? { interfaces: interfaces.map(normalisedInterface) } : {}),
  };
}

function normalisedInterface(value: unknown): unknown {
  if (!isObject(value) || typeof value['mac'] !== 'string') return value;
  return { ...value, mac: value['mac'].toLowerCase() };
}

function idOf(value: unknown): string | undefined {
  if (!isObject(value) || typeof value['id'] !== 'string') return undefined;
  return parseInstanceId(value['id']);
}

function locate(raw: RawRecord, value: unknown, source: InventorySource): string {
  const name = isObject(value) ? value['name'] : undefined;
  const place = `${source.file} line ${raw.line}`;
  return typeof name === 'string' && name !== '' ? `${place} (${printable(name)})` : place;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
