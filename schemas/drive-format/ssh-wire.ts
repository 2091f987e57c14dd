/** Reads the binary encoding of SSH (RFC 4251, section 5). Every method throws RangeError at the end of the bytes. */
export interface SshWireReader {
  uint32(): number;
  /** A string with its length before it. */
  string(): Buffer;
  /** So many bytes as they are. */
  bytes(length: number): Buffer;
  /** What is left. */
  rest(): Buffer;
}

/** A reader over `bytes`, which are not copied. */
export function readSshWire(bytes: Buffer): SshWireReader {
  let position = 0;
  function take(length: number): Buffer {
    if (length > bytes.length - position) throw new RangeError('SSH data end too early');
    position += length;
    return bytes.subarray(position - length, position);
  }
  const uint32 = (): number => take(4).readUInt32BE(0);
  return {
    uint32,
    string: () => take(uint32()),
    bytes: take,
    rest: () => take(bytes.length - position),
  };
}

/** A 32-bit number. */
export function sshUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A string with its length before it. */
export function sshString(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([sshUint32(bytes.length), bytes]);
}
