import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import { appendPointer } from '../../../schemas/validation/json-pointer.ts';
import { parseInstanceId } from '../../domain/identifiers.ts';
import { printable } from '../../domain/printable.ts';
import type { MappedRecord } from '../checks/judge-records.ts';
import { withLowerCaseMacs } from '../checks/lower-case-macs.ts';
import type { RawRecord, ReadingLimits } from './raw-record.ts';

const noObject: FieldProblem = {
  pointer: '',
  message: 'is not an object',
  remedy: 'give an object with the fields of an instance',
};

/** A record of the file with this name, ready to be judged. */
export function mapRecord(
  { value, line, problems, fieldName }: RawRecord,
  file: string,
  limits: Pick<ReadingLimits, 'items' | 'characters'>,
): MappedRecord {
  const place = `${printable(file)} line ${line}`;
  if (!isObject(value)) return { locator: place, value: {}, problems: [noObject], fieldName };
  const { name } = value;
  const large = oversize(value, '', limits);
  return {
    locator: typeof name === 'string' && name !== '' ? `${place} (${printable(name)})` : place,
    value: normalised(value),
    problems: large === undefined ? problems : [...problems, large],
    fieldName,
  };
}

/** UUIDs and MAC addresses in lower case, as schemas have them; their case has no meaning (RFC 9562, section 4). */
function normalised(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const record = withLowerCaseMacs(value);
  const { id } = record;
  const shownId = typeof id === 'string' ? (parseInstanceId(id) ?? id) : id;
  // Most are as they should be, and a copy of each would be much garbage.
  return shownId === id ? record : { ...record, id: shownId };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first list, object or text that is larger than any that a record has: no schema should have to look at it. */
function oversize(
  value: unknown,
  pointer: string,
  limits: Pick<ReadingLimits, 'items' | 'characters'>,
): FieldProblem | undefined {
  if (typeof value === 'string' && value.length > limits.characters) {
    return { pointer, message: `is longer than ${limits.characters} characters`, remedy: 'shorten it' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const keys = Object.keys(value);
  if (keys.length > limits.items) {
    return { pointer, message: `has more than ${limits.items} entries`, remedy: 'shorten it' };
  }
  for (const key of keys) {
    const inner: unknown = (value as Readonly<Record<string, unknown>>)[key];
    if (typeof inner !== 'object' && typeof inner !== 'string') continue;
    const problem = oversize(inner, '', limits);
    if (problem !== undefined) return { ...problem, pointer: appendPointer(pointer, key) + problem.pointer };
  }
  return undefined;
}
