/** UUID of an instance in lower case (RFC 9562). */
export type InstanceId = string & { readonly brand: 'InstanceId' };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The instance id that a text is, in any case of letters, or undefined if it is none. */
export function parseInstanceId(text: string): InstanceId | undefined {
  const lower = text.toLowerCase();
  return uuid.test(lower) ? (lower as InstanceId) : undefined;
}
