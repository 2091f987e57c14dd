import { fileURLToPath } from 'node:url';
import type { HttpJsonMapping } from '../../../../schemas/types/server-configuration.ts';
import type { FieldProblem } from '../../../../schemas/validation/field-problem.ts';
import { HttpFailure } from '../../http-client/http-failure.ts';
import { type EvaluatorChild, startEvaluatorChild } from './evaluator-child.ts';
import type { MappingInput } from './evaluator-protocol.ts';
import type { ExpressionBounds } from './expressions.ts';
import { type MappingResult, readEvaluatorAnswer } from './mapping-result.ts';

/** Bounds of mapping. */
export interface EvaluatorLimits extends ExpressionBounds {
  /** Milliseconds for one record; then the process is ended. */
  readonly recordMs: number;
  /** Milliseconds for the process to start. */
  readonly startMs: number;
  /** Heap of the process. */
  readonly memoryMiB: number;
  /** Characters of one record's result as JSON. */
  readonly resultCharacters: number;
  /** Records that may end the process before the reading fails. */
  readonly mostEnds: number;
}

/** Maps records by the expressions of the configuration, in another process. */
export interface Evaluator {
  /** One result a record, in the same order. Fails with {@link HttpFailure}, or with the reason of the signal. */
  map(inputs: readonly MappingInput[]): Promise<readonly MappingResult[]>;
  close(): Promise<void>;
}

const script = fileURLToPath(new URL('./evaluator-process.ts', import.meta.url));

/** Starts the process with the first record. What it needs of the machine is to read its own sources. */
export function createEvaluator(
  mapping: HttpJsonMapping,
  limits: EvaluatorLimits,
  signal: AbortSignal,
): Evaluator {
  const { expressionMs, depth, items, resultCharacters } = limits;
  const setUp = JSON.stringify({ mapping, bounds: { expressionMs, depth, items }, resultCharacters });
  let child: EvaluatorChild | undefined;
  let ends = 0;

  async function running(): Promise<EvaluatorChild> {
    if (child !== undefined) return child;
    const started = startEvaluatorChild(script, { ...limits, lineCharacters: resultCharacters * 2 }, signal);
    child = started;
    if ((await started.ask(setUp, limits.startMs)) === undefined) {
      throw new HttpFailure(
        'was not asked, as the process that maps its records does not start',
        'see whether the machine has memory left',
      );
    }
    return started;
  }

  async function mapOne(input: MappingInput): Promise<MappingResult> {
    const line = JSON.stringify(input);
    const process = await running();
    const answer = await process.ask(line, limits.recordMs);
    if (answer !== undefined) return readEvaluatorAnswer(answer);
    await process.stop();
    child = undefined;
    ends += 1;
    if (ends > limits.mostEnds) {
      throw new HttpFailure(
        `has more than ${limits.mostEnds} records for which the mapping takes too long`,
        'simplify its expressions, first of all its regular expressions',
      );
    }
    return { value: {}, problems: [tooExpensive] };
  }

  return {
    async map(inputs) {
      const results: MappingResult[] = [];
      for (const input of inputs) results.push(await mapOne(input));
      return results;
    },
    async close() {
      await child?.stop();
      child = undefined;
    },
  };
}

const tooExpensive: FieldProblem = {
  pointer: '',
  message: 'takes the mapping more time or memory than it may',
  remedy: 'look for a regular expression that backtracks or a text that grows, or correct the record',
};
