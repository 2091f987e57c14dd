import type { FieldProblem } from '../../../../schemas/validation/field-problem.ts';
import { readJsonDocument } from '../../../../schemas/validation/json-document.ts';
import { parseInstanceId } from '../../../domain/identifiers.ts';
import { printable } from '../../../domain/printable.ts';
import { withLowerCaseMacs } from '../../checks/lower-case-macs.ts';
import type { RecordChange } from '../../inventory.ts';
import type { EvaluationFailure, EvaluatorAnswer } from './evaluator-protocol.ts';

/** What the expressions made of a record, before any schema has seen it. */
export interface MappingResult {
  readonly value: Readonly<Record<string, unknown>>;
  /** Why `value` is no more than the id, or empty. */
  readonly problems: readonly FieldProblem[];
  readonly lastChange?: RecordChange;
}

/** Reads a line of the evaluator process as strictly as any JSON from outside. */
export function readEvaluatorAnswer(line: string): MappingResult {
  const reading = readJsonDocument(line);
  if (reading.kind === 'invalid') {
    const pointer = reading.problem.pointer.replace(/^\/value/, '');
    return { value: {}, problems: [{ ...reading.problem, pointer }] };
  }
  const { value, failures } = reading.value as EvaluatorAnswer;
  const { changedBy, changedAt, ...fields } = value;
  const lastChange = readLastChange(changedBy, changedAt);
  return {
    value: shaped(fields),
    problems: failures.map(problemOf),
    ...(lastChange === undefined ? {} : { lastChange }),
  };
}

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Only explains, so that what is not to be understood is left out and the record stays good. */
function readLastChange(by: unknown, at: unknown): RecordChange | undefined {
  if (typeof at !== 'string' || !timestamp.test(at)) return undefined;
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return undefined;
  return {
    ...(typeof by === 'string' && by !== '' ? { by: printable(by, 128) } : {}),
    at: time.toISOString(),
  };
}

function problemOf({ field, code, said }: EvaluationFailure): FieldProblem {
  const pointer = field === '' ? '' : `/${field}`;
  const remedy = `correct the record, or the expression mapping.${field === '' ? 'FIELD' : field}`;
  if (said !== undefined) return { pointer, message: printable(said, 128), remedy };
  switch (code) {
    case 'D1012':
      return { pointer, message: 'takes the mapping too long', remedy };
    case 'D1011':
      return { pointer, message: 'nests the mapping too deep', remedy };
    case 'D2015':
    case 'result-too-large':
      return { pointer, message: 'becomes too large in the mapping', remedy };
    case 'no-json':
      return { pointer, message: 'becomes something that is no JSON value', remedy };
    default:
      return { pointer, message: `cannot be mapped (JSONata ${printable(code, 16)})`, remedy };
  }
}

/**
 * The record as its schema wants it: no null and no empty text, which CMDBs give for what they do not know; lists
 * where JSONata makes one value of a list of one; UUID and MAC addresses in lower case, as their case has no meaning.
 */
function shaped(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { id, tags, interfaces, bonds, vlans, dns, ntp, ...rest } = withoutNothing(value);
  return withLowerCaseMacs({
    ...rest,
    ...(dns === undefined ? {} : { dns: shapedServers(dns) }),
    ...(ntp === undefined ? {} : { ntp: shapedServers(ntp) }),
    ...(id === undefined ? {} : { id: typeof id === 'string' ? (parseInstanceId(id) ?? id) : id }),
    tags: listOf(tags),
    interfaces: listOf(interfaces).map(shapedLink),
    ...shapedLinks('bonds', bonds),
    ...shapedLinks('vlans', vlans),
  });
}

/** Lists of DNS or NTP servers. */
function shapedServers(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(withoutNothing(value)).map(([name, list]) => [name, listOf(list)]),
  );
}

/** Bonds or VLANs; an empty list is none, as its absence is. */
function shapedLinks(name: string, value: unknown): Readonly<Record<string, unknown>> {
  const links = listOf(value).map(shapedLink);
  return links.length === 0 ? {} : { [name]: links };
}

/** An interface, a bond or a VLAN. */
function shapedLink(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { members, addresses, routes, ...rest } = withoutNothing(value);
  return {
    ...rest,
    ...(members === undefined ? {} : { members: listOf(members) }),
    ...(addresses === undefined ? {} : { addresses: listOf(addresses) }),
    ...(routes === undefined ? {} : { routes: listOf(routes) }),
  };
}

function withoutNothing(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null && one !== ''));
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
