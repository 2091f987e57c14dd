/** When failures halt a rollout. */
export type HaltBound =
  | { readonly kind: 'count'; readonly failures: number }
  /** Of the instances that were changed so far. */
  | { readonly kind: 'share'; readonly percent: number };

/** The bound of a rollout that names none. */
export const defaultHaltAfter = '5%';

/** The bound that a text such as `3` or `5%` means; one that means nothing halts at the first failure. */
export function haltBound(text: string): HaltBound {
  const percent = /^(\d{1,3})%$/.exec(text)?.[1];
  if (percent !== undefined) return { kind: 'share', percent: Number(percent) };
  return { kind: 'count', failures: Math.max(1, Number.parseInt(text, 10) || 1) };
}

/** Whether so many failures of so many changed instances are too many. */
export function isBeyond(bound: HaltBound, failures: number, changed: number): boolean {
  if (failures === 0) return false;
  return bound.kind === 'count'
    ? failures >= bound.failures
    : failures * 100 > Math.max(1, changed) * bound.percent;
}
