/** Reads the data types of RFC 4251, section 5. Every method answers undefined where the bytes do not fit. */
export class SshWireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** `string`: a length of four bytes, then as many bytes. */
  string(): Buffer | undefined {
    if (this.#bytes.length - this.#at < 4) return undefined;
    const length = this.#bytes.readUInt32BE(this.#at);
    const start = this.#at + 4;
    if (length > this.#bytes.length - start) return undefined;
    this.#at = start + length;
    return this.#bytes.subarray(start, this.#at);
  }

  /** `mpint` above zero in its one shortest form, as its magnitude without leading zeros. */
  positiveInteger(): Buffer | undefined {
    const bytes = this.string();
    const [first, second] = bytes ?? [];
    if (bytes === undefined || first === undefined || first >= 0x80) return undefined;
    if (first !== 0) return bytes;
    return second !== undefined && second >= 0x80 ? bytes.subarray(1) : undefined;
  }
}

/** Number of bits of a magnitude without leading zeros. */
export function bitLength(magnitude: Buffer): number {
  const [first = 0] = magnitude;
  return first === 0 ? 0 : (magnitude.length - 1) * 8 + (32 - Math.clz32(first));
}
