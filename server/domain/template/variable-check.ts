import type { StaticAnalysis } from 'liquidjs';
import { printable } from '../printable.ts';
import type { TemplateProblem } from './template.ts';

/** The first variable of a template, in any of its branches, that no guest has. @param sample has all there are */
export function unknownVariable(
  analysis: Pick<StaticAnalysis, 'globals'>,
  sample: object,
): TemplateProblem | undefined {
  for (const variable of Object.values(analysis.globals).flat()) {
    if (isKnown(variable.segments, sample)) continue;
    return {
      message: `names \`${printable(String(variable))}\` (line ${variable.location.row} of the content), which no guest has`,
      remedy: `use one of ${Object.keys(sample).join(', ')} and what they hold`,
    };
  }
  return undefined;
}

/** Follows a path as far as it is fixed: what a computed part of it names is only known when it is rendered. */
function isKnown(segments: readonly unknown[], sample: object): boolean {
  let value: unknown = sample;
  for (const segment of segments) {
    if (Array.isArray(value)) {
      if (segment === 'size') return true;
      value = value[0];
      if (segment === 'first' || segment === 'last' || typeof segment === 'number') continue;
      return typeof segment !== 'string';
    }
    if (typeof segment !== 'string') return typeof value === 'object';
    if (typeof value === 'string' && segment === 'size') return true;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return false;
    value = (value as Readonly<Record<string, unknown>>)[segment];
  }
  return true;
}
