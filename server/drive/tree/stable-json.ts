/**
 * JSON with the members of every object in order of their names, so that equal values give equal bytes
 * wherever they were kept in between. Ends with a newline.
 */
export function stableJson(value: unknown, indent?: number): Buffer {
  return Buffer.from(`${JSON.stringify(value, sortMembers, indent)}\n`);
}

function sortMembers(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
