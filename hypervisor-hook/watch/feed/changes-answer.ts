/** An instance as the server tells its host of it. */
export interface ChangedInstance {
  /** UUID in lower case. */
  readonly instance: string;
  readonly name: string;
  /** `gone`: removed from the CMDB, or moved to another host. */
  readonly state: 'placed' | 'gone';
  /** The newest generation; null: it has none yet. */
  readonly generation: number | null;
}

/** What changed on a host, as `GET /v1/hypervisors/HOST/changes` says it. */
export interface Changes {
  /** Where the next question goes on. */
  readonly cursor: string;
  /** All of the host's instances are listed: what is not is gone. */
  readonly complete: boolean;
  /** Version of what runs in guests: where it differs from before, every drive is another image. */
  readonly payload: string;
  readonly instances: readonly ChangedInstance[];
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const mostInstances = 100_000;

/**
 * Reads the body of an answer; undefined where it is none. Members that are not known are for later versions, and are
 * passed over. UUIDs become names of folders: anything else is refused.
 */
export function readChanges(body: Buffer): Changes | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { cursor, complete, payload, instances } = value;
  if (typeof cursor !== 'string' || cursor.length > 1024 || typeof complete !== 'boolean') return undefined;
  if (typeof payload !== 'string' || payload.length > 128) return undefined;
  if (!Array.isArray(instances) || instances.length > mostInstances) return undefined;
  const read = instances.map(readInstance);
  if (!read.every((one) => one !== undefined)) return undefined;
  return { cursor, complete, payload, instances: read };
}

function readInstance(value: unknown): ChangedInstance | undefined {
  if (!isObject(value)) return undefined;
  const { instance, name, state, generation = null } = value;
  if (typeof instance !== 'string' || !uuid.test(instance)) return undefined;
  if (typeof name !== 'string' || name.length > 1024) return undefined;
  if (state !== 'placed' && state !== 'gone') return undefined;
  if (generation !== null && !(Number.isSafeInteger(generation) && (generation as number) > 0))
    return undefined;
  return { instance, name, state, generation: generation as number | null };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
