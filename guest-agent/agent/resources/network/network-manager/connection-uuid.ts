/**
 * UUID of a connection (RFC 9562, version 8): the bytes of its key around the bits that say so. Two keys never get the same
 * one, and it is the same at each run.
 *
 * @param key a MAC address, or name of a bond or VLAN of at most 15 characters.
 */
export function connectionUuid(key: string): string {
  const bytes = key.includes(':')
    ? // No name begins with a zero byte.
      `00${key.replaceAll(':', '')}`
    : Array.from(key, (character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  const digits = bytes.padEnd(30, '0');
  const part = (from: number, to: number): string => digits.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-8${part(12, 15)}-8${part(15, 18)}-${part(18, 30)}`;
}
