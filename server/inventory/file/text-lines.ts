/** Finds the line of an offset, from 1. Counts on from the last one asked for: cheapest in ascending order. */
export function lineFinder(text: string): (offset: number) => number {
  /** Where the next line break is; a text of one line is searched once only. */
  const breakAfter = (start: number): number => {
    const at = text.indexOf('\n', start);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  };
  let line = 1;
  let nextBreak = breakAfter(0);
  let last = 0;
  return (offset) => {
    if (offset < last) {
      line = 1;
      nextBreak = breakAfter(0);
    }
    last = offset;
    while (nextBreak < offset) {
      line += 1;
      nextBreak = breakAfter(nextBreak + 1);
    }
    return line;
  };
}
