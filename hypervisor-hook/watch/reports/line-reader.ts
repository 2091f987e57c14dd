/** What came in with one chunk. */
export interface ReadLines {
  /** Whole lines, without their line feeds; empty ones are left out. */
  readonly lines: readonly Buffer[];
  /** Lines that were longer than allowed, and so were passed over. */
  readonly overlong: number;
}

/** Cuts a stream into lines. */
export interface LineReader {
  push(chunk: Buffer): ReadLines;
}

const lineFeed = 0x0a;

/** A reader that holds `mostBytes` at the most, whatever is sent and however it is cut. */
export function createLineReader(mostBytes: number): LineReader {
  let held: Buffer[] = [];
  let size = 0;
  let passingOver = false;

  function hold(part: Buffer): boolean {
    if (passingOver) return false;
    if (size + part.length > mostBytes) {
      held = [];
      size = 0;
      passingOver = true;
      return true;
    }
    // A copy: the chunk may be larger than what is kept of it.
    if (part.length > 0) held.push(Buffer.from(part));
    size += part.length;
    return false;
  }

  return {
    push(chunk) {
      const lines: Buffer[] = [];
      let overlong = 0;
      let start = 0;
      for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
        if (hold(chunk.subarray(start, end))) overlong += 1;
        if (!passingOver && size > 0) lines.push(Buffer.concat(held, size));
        held = [];
        size = 0;
        passingOver = false;
        start = end + 1;
      }
      if (hold(chunk.subarray(start))) overlong += 1;
      return { lines, overlong };
    },
  };
}
