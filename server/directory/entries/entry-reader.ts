import type { RecordProblem } from '../../../schemas/types/api.ts';
import type { Validator } from '../../../schemas/validation/validator.ts';
import { printable } from '../../domain/printable.ts';
import type { DirectoryEntry } from './entry.ts';

/** Outcome of looking at one value: what it stands for, or why it is refused. */
export type Checked<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly message: string; readonly remedy: string };

/** Checks one text of an attribute. */
export type Check<T> = (text: string) => Checked<T>;

/** Attributes by the name that RFC 2307 gives them, as a directory spells them. */
export type AttributeNames = Readonly<Record<string, string>>;

/** Values of one attribute that are read; beyond it the entry is refused. */
const valueLimit = 10_000;
/** Bytes of one value; no definition of `schemas/v1/common.json` takes more. */
const valueBytes = 16_384;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function refused(message: string, remedy: string): Checked<never> {
  return { kind: 'refused', message, remedy };
}

/** What a schema says of a value that a text was parsed into. */
export function byValidator<T>(validator: Validator<T>, value: unknown): Checked<T> {
  const validated = validator(value);
  if (validated.kind === 'valid') return { kind: 'ok', value: validated.value };
  const [problem] = validated.problems;
  return refused(problem?.message ?? 'is not allowed', problem?.remedy ?? 'correct it');
}

/** A check by a definition of `schemas/v1/common.json`. */
export function byDefinition<T>(validator: Validator<T>): Check<T> {
  return (text) => byValidator(validator, text);
}

/** Reads the attributes of one entry and collects what is wrong with them. Values never stand in messages. */
export class EntryReader {
  /** The entry's name, safe to show. */
  readonly dn: string;
  readonly #entry: DirectoryEntry;
  readonly #source: string;
  readonly #names: AttributeNames;
  readonly #problems: RecordProblem[] = [];

  /** @param names spellings of attributes where they differ from those that the methods are called with */
  constructor(entry: DirectoryEntry, source: string, names: AttributeNames = {}) {
    this.#entry = entry;
    this.#names = names;
    this.#source = source;
    this.dn = printable(entry.dn, 256);
  }

  get problems(): readonly RecordProblem[] {
    return this.#problems;
  }

  refuse(field: string, message: string, remedy: string): void {
    this.#problems.push({
      source: this.#source,
      record: this.dn,
      field: this.spelling(field),
      message,
      remedy,
    });
  }

  /** The attribute as this directory spells it. */
  spelling(attribute: string): string {
    return this.#names[attribute] ?? attribute;
  }

  /** Number of values that the attribute has. */
  count(attribute: string): number {
    return this.#values(attribute).length;
  }

  /** Values as text, not checked: for comparing only, never to be shown or kept. */
  texts(attribute: string): readonly string[] {
    return this.#values(attribute).map((bytes) => new TextDecoder().decode(bytes));
  }

  /** The one value that the attribute must have. */
  one<T>(attribute: string, check: Check<T>): T | undefined {
    if (this.count(attribute) === 0) {
      this.refuse(attribute, 'is missing', 'add it, or let the account that reads the directory see it');
      return undefined;
    }
    return this.optional(attribute, check);
  }

  /** The one value that the attribute may have; undefined also if it is refused. */
  optional<T>(attribute: string, check: Check<T>): T | undefined {
    const count = this.count(attribute);
    if (count > 1) {
      this.refuse(attribute, `has ${count} values, so that it is not clear which one counts`, 'keep one');
      return undefined;
    }
    return this.many(attribute, check)[0];
  }

  /** The bytes of the one value; undefined where there is none or several. */
  bytes(attribute: string): Uint8Array | undefined {
    const values = this.#values(attribute);
    return values.length === 1 ? values[0] : undefined;
  }

  /** All values that pass, in the order of the server; each of the others is a problem. */
  many<T>(attribute: string, check: Check<T>, limit: number = valueLimit): readonly T[] {
    const values = this.#values(attribute);
    if (values.length > limit) {
      this.refuse(attribute, `has more than ${limit} values`, 'split the entry');
      return [];
    }
    const passed: T[] = [];
    for (const [index, bytes] of values.entries()) {
      const checked = checkBytes(bytes, check);
      if (checked.kind === 'ok') passed.push(checked.value);
      else {
        const which = values.length > 1 ? ` (value ${index + 1} of ${values.length})` : '';
        this.refuse(attribute, `${checked.message}${which}`, checked.remedy);
      }
    }
    return passed;
  }

  /**
   * Refuses attributes with options (RFC 4512, section 2.5), such as `sudoHost;lang-en`: what they add or take
   * away is not read, so the entry is not understood. Names and descriptions may have language variants.
   */
  refuseOptions(attributes: readonly string[]): void {
    for (const attribute of attributes) {
      const prefix = `${this.#actual(attribute)};`;
      if (attribute === 'cn' || attribute === 'gecos') continue;
      if ([...this.#entry.attributes.keys()].some((name) => name.startsWith(prefix))) {
        this.refuse(attribute, 'has values with options (`;…`)', 'store the values without options');
      }
    }
  }

  #values(attribute: string): readonly Uint8Array[] {
    return this.#entry.attributes.get(this.#actual(attribute)) ?? [];
  }

  #actual(attribute: string): string {
    return this.spelling(attribute).toLowerCase();
  }
}

function checkBytes<T>(bytes: Uint8Array, check: Check<T>): Checked<T> {
  if (bytes.length > valueBytes) return refused(`is longer than ${valueBytes} bytes`, 'shorten it');
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return refused('is not UTF-8 text', 'store it as UTF-8');
  }
  return check(text);
}
