/** Lines that stay are shown this far around a change. */
const context = 2;

/**
 * What changed between two texts of lines, as diff(1) shows it: `-` gone, `+` new, blank kept. Only insertions, removals
 * and single changed lines are meant, as an edited document has them: what stays must be in the same order.
 */
export function lineDiff(before: string, after: string): string {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const lines: { readonly mark: ' ' | '-' | '+'; readonly text: string }[] = [];
  let [left, right] = [0, 0];
  while (left < old.length || right < fresh.length) {
    const [was, is] = [old[left], fresh[right]];
    if (was !== undefined && was === is) {
      lines.push({ mark: ' ', text: was });
      [left, right] = [left + 1, right + 1];
      continue;
    }
    const [skipOld, skipFresh] = nextCommon(old, left, fresh, right);
    for (const text of old.slice(left, left + skipOld)) lines.push({ mark: '-', text });
    for (const text of fresh.slice(right, right + skipFresh)) lines.push({ mark: '+', text });
    [left, right] = [left + skipOld, right + skipFresh];
  }
  const near = lines.map((_line, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ mark }) => mark !== ' '),
  );
  return lines
    .filter((_line, index) => near[index])
    .map(({ mark, text }) => `${mark} ${text}`)
    .join('\n');
}

/** How many lines of each lie before they run alike again for two lines, or to their ends. */
function nextCommon(
  old: readonly string[],
  left: number,
  fresh: readonly string[],
  right: number,
): readonly [number, number] {
  const most = old.length - left + fresh.length - right;
  for (let sum = 1; sum < most; sum += 1) {
    for (let skipFresh = sum; skipFresh >= 0; skipFresh -= 1) {
      const [at, to] = [left + sum - skipFresh, right + skipFresh];
      if (at >= old.length || to >= fresh.length) continue;
      if (old[at] === fresh[to] && old[at + 1] === fresh[to + 1]) return [sum - skipFresh, skipFresh];
    }
  }
  return [old.length - left, fresh.length - right];
}
