import type { HttpJsonMapping } from '../../../../schemas/types/server-configuration.ts';
import type { ExpressionBounds, MappedField } from './expressions.ts';

/** First line that the evaluator process gets: what to evaluate for each record. */
export interface EvaluatorSetUp {
  readonly mapping: HttpJsonMapping;
  readonly bounds: ExpressionBounds;
  /** Characters of one record's result as JSON. */
  readonly resultCharacters: number;
}

/** Every other line: a record, and those of related lists by their name. */
export interface MappingInput {
  readonly row: unknown;
  readonly related: Readonly<Record<string, readonly unknown[]>>;
}

/** One line back for each line in, in the same order. The set-up is answered with an empty value. */
export interface EvaluatorAnswer {
  /** What the expressions gave; no more than the id if one of them failed. */
  readonly value: Readonly<Partial<Record<MappedField, unknown>>>;
  readonly failures: readonly EvaluationFailure[];
}

/** An expression that gave no value. */
export interface EvaluationFailure {
  readonly field: MappedField | '';
  /** Code of JSONata, or `result-too-large`, `no-json`. */
  readonly code: string;
  /** What the expression itself said with $error or $assert. */
  readonly said?: string;
}
