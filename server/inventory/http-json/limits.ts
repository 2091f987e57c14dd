import type { ClientLimits } from '../http-client/http-client.ts';
import type { ListLimits } from './list/read-list.ts';
import type { EvaluatorLimits } from './mapping/evaluator.ts';

/** Every bound of an inventory. */
export interface HttpJsonLimits extends ClientLimits, ListLimits, EvaluatorLimits {
  /** Instances that are looked up one by one; more are taken from the whole list. */
  readonly lookups: number;
  /** Instances that one reading of changes takes; where more may have changed, all is read. */
  readonly changes: number;
}

/** Sizes that a CMDB of a million machines does not meet. */
export const defaultLimits: HttpJsonLimits = {
  connectMs: 3_000,
  operationMs: 10_000,
  bodyBytes: 32 * 1024 * 1024,
  retries: 2,
  retryPauseMs: 500,
  throttleMs: 60_000,
  rows: 1_000_000,
  attempts: 3,
  expressionMs: 1_000,
  depth: 200,
  items: 10_000,
  recordMs: 5_000,
  startMs: 10_000,
  memoryMiB: 256,
  resultCharacters: 262_144,
  mostEnds: 5,
  lookups: 20,
  changes: 200,
};
