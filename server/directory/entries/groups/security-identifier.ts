import type { EntryReader } from '../entry-reader.ts';

/** The entry's `objectSid` in hexadecimal ([MS-DTYP], section 2.4.2); undefined where it is none. */
export function readSecurityIdentifier(reader: EntryReader): string | undefined {
  const bytes = reader.bytes('objectSid');
  if (bytes === undefined || bytes.length < 12 || bytes.length !== 8 + 4 * (bytes[1] ?? 0)) return undefined;
  return Buffer.from(bytes).toString('hex');
}

/** The security identifier of the account's primary group: that of the account's domain, then `primaryGroupID`. */
export function readPrimaryGroup(reader: EntryReader): string | undefined {
  const own = readSecurityIdentifier(reader);
  const [text = ''] = reader.texts('primaryGroupID');
  if (own === undefined || !/^\d{1,10}$/.test(text) || Number(text) > 0xffff_ffff) return undefined;
  const relative = Buffer.alloc(4);
  relative.writeUInt32LE(Number(text));
  return own.slice(0, -8) + relative.toString('hex');
}
