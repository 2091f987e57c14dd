/** Where each inventory goes on from. */
export interface MergedCursor {
  /** Which whole reading it goes on from. */
  readonly reading: string;
  /** Cursors in the order of the inventories. */
  readonly members: readonly string[];
}

/** The cursor as a text. */
export function writeMergedCursor({ reading, members }: MergedCursor): string {
  return JSON.stringify([reading, ...members]);
}

/** The cursor in a text; undefined if it is none that goes on from this reading. */
export function readMergedCursor(text: string, reading: string, count: number): MergedCursor | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length !== count + 1) return undefined;
  const [of, ...members] = value as readonly unknown[];
  if (of !== reading) return undefined;
  const texts = members.filter((member) => typeof member === 'string');
  return texts.length === count ? { reading, members: texts } : undefined;
}
