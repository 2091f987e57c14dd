import { createHash } from 'node:crypto';
import type { RecordProblem } from '../../../schemas/types/api.ts';
import type { Directory, DirectorySnapshot } from '../../directory/directory.ts';
import type { Clock } from '../../domain/clock.ts';
import { createGuestComposer, type GuestComposer } from '../../domain/compose/compose-guest.ts';
import { compareText, indexDirectory } from '../../domain/compose/directory-index.ts';
import type { PolicyDocument } from '../../domain/policy-document.ts';

/** Where policy comes from. Both fail with `policy-invalid`, listing every problem. */
export interface PolicySource {
  /** Reads the configured files anew. */
  load(): Promise<PolicyDocument>;
  /** The policy that these texts make. */
  parse(texts: readonly { readonly file: string; readonly text: string }[]): PolicyDocument;
}

/** One state of directory and policy: what every guest configuration of a run is composed from. */
export interface Basis {
  readonly composer: GuestComposer;
  readonly policyVersion: string;
  /** Equal where composing gives the same for the same records. */
  readonly fingerprint: string;
  /** Problems of the directory's entries. */
  readonly rejected: readonly RecordProblem[];
}

/** How a basis is read. */
export interface BasisOptions {
  /** Policy to compose with; the configured one if absent. */
  readonly policy?: PolicyDocument | undefined;
  /** Read the directory whole, whatever its adapter has kept. */
  readonly fresh?: boolean;
}

/** Reads directory and policy. */
export interface BasisReader {
  /** Fails with `directory-unavailable` or `policy-invalid`. */
  read(signal: AbortSignal, options?: BasisOptions): Promise<Basis>;
  /** The configured one, not older than this many milliseconds: read before, or anew. */
  recent(maximumAgeMs: number, signal: AbortSignal): Promise<Basis>;
}

/** A reader that remembers what it read last of the configured policy. */
export function createBasisReader(ports: {
  readonly directory: Directory;
  readonly policy: PolicySource;
  readonly clock: Clock;
}): BasisReader {
  const { directory, clock } = ports;
  let last: { readonly basis: Basis; readonly at: number } | undefined;

  async function read(
    signal: AbortSignal,
    { policy: given, fresh = false }: BasisOptions = {},
  ): Promise<Basis> {
    const at = clock.now().getTime();
    const policy = given ?? (await ports.policy.load());
    const people = await directory.fetchAll(signal, { fresh });
    const basis: Basis = {
      composer: createGuestComposer(indexDirectory(directory.name, people), policy),
      policyVersion: policy.version,
      fingerprint: fingerprintOf(people, policy),
      rejected: people.rejected,
    };
    if (given === undefined) last = { basis, at };
    return basis;
  }

  return {
    read,
    recent: async (maximumAgeMs, signal) =>
      last !== undefined && clock.now().getTime() - last.at <= maximumAgeMs ? last.basis : await read(signal),
  };
}

/** Raise it when composing gives something else for the same input: every guest is then composed again. */
const composing = 3;

function fingerprintOf(people: DirectorySnapshot, policy: PolicyDocument): string {
  const { accounts, groups, sudoRoles, sudoDefaults } = people;
  const hash = createHash('sha256').update(`${composing} ${policy.version}\n`);
  for (const entries of [accounts, groups, sudoRoles, sudoDefaults === undefined ? [] : [sudoDefaults]]) {
    // LDAP answers in any order.
    const sorted = entries.toSorted((a, b) => compareText(a.dn, b.dn));
    for (const entry of sorted) hash.update(JSON.stringify(entry));
  }
  return hash.digest('hex');
}
