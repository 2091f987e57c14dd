const begin = '# begin ubugi';
const end = '# end ubugi';

/** Lines between our marks in a file that is not ours, and all the others. */
export interface Block {
  readonly before: readonly string[];
  /** `undefined` where there is no block. */
  readonly inside: readonly string[] | undefined;
  readonly after: readonly string[];
}

/** Splits a file at our marked block. A block that is not closed ends at its begin mark: what follows is not ours. */
export function findBlock(text: string): Block {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const first = lines.indexOf(begin);
  const last = lines.indexOf(end, first + 1);
  if (first < 0) return { before: lines, inside: undefined, after: [] };
  if (last < 0) return { before: lines.slice(0, first), inside: [], after: lines.slice(first + 1) };
  return {
    before: lines.slice(0, first),
    inside: lines.slice(first + 1, last),
    after: lines.slice(last + 1),
  };
}

/** Text as it would be without our block. */
export function withoutBlock(text: string): string {
  const { before, inside, after } = findBlock(text);
  return inside === undefined ? text : withBlock(before, [], after);
}

/** Text with a block of these lines between `before` and `after`; no lines, no block. */
export function withBlock(
  before: readonly string[],
  lines: readonly string[],
  after: readonly string[],
): string {
  const block = lines.length === 0 ? [] : [begin, ...lines, end];
  return [...before, ...block, ...after].map((line) => `${line}\n`).join('');
}
