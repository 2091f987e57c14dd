import type { ColumnDataType, Kysely, RawBuilder } from 'kysely';

type ColumnType = ColumnDataType | RawBuilder<unknown>;

/** Column types that the databases name differently. */
export interface ColumnTypes {
  /** Text of any length that is compared and sorted byte by byte. */
  readonly text: ColumnType;
  /** Integer up to 2^53. */
  readonly largeInteger: ColumnType;
  /** Bytes of any length. */
  readonly bytes: ColumnType;
}

/** One step of the schema. Once released it never changes: what is wrong in it is mended by the next one. */
export interface Migration {
  /** `NNNN-name`, the name of its file. */
  readonly name: string;
  /** Runs in one transaction together with the record that it ran. */
  up(db: Kysely<unknown>, types: ColumnTypes): Promise<void>;
}
