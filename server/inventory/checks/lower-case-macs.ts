type Fields = Readonly<Record<string, unknown>>;

/** Fields of each list of links that hold MAC addresses. */
const macFields = {
  interfaces: ['mac'],
  bonds: ['mac', 'members'],
  vlans: ['link'],
} as const;

/**
 * A record with its MAC addresses in lower case, as schemas have them: their case has no meaning. Whatever is no such
 * address stays for the schema to refuse; the same value where nothing changes, as for most records.
 */
export function withLowerCaseMacs(record: Fields): Fields {
  let changed: Record<string, unknown> | undefined;
  for (const [name, fields] of Object.entries(macFields)) {
    const before = record[name];
    if (!Array.isArray(before)) continue;
    const after = eachOf(before, (link) => (isObject(link) ? withLowerCase(link, fields) : link));
    if (after !== before) changed = { ...(changed ?? record), [name]: after };
  }
  return changed ?? record;
}

function withLowerCase(link: Fields, fields: readonly string[]): Fields {
  let changed: Record<string, unknown> | undefined;
  for (const field of fields) {
    const before = link[field];
    const after = Array.isArray(before) ? eachOf(before, lowerCase) : lowerCase(before);
    if (after !== before) changed = { ...(changed ?? link), [field]: after };
  }
  return changed ?? link;
}

function lowerCase(value: unknown): unknown {
  return typeof value === 'string' && /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/.test(value)
    ? value.toLowerCase()
    : value;
}

function eachOf(list: readonly unknown[], change: (value: unknown) => unknown): readonly unknown[] {
  const after = list.map(change);
  return after.every((value, index) => value === list[index]) ? list : after;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
