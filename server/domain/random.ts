import { randomBytes, randomUUID } from 'node:crypto';

/** Randomness as a port so that tests can choose it. */
export interface Random {
  /** Cryptographically strong random bytes. */
  bytes(count: number): Buffer;
  /** UUID version 4 in lower case. */
  uuid(): string;
}

/** The kernel's randomness. */
export const systemRandom: Random = { bytes: (count) => randomBytes(count), uuid: () => randomUUID() };
