import type { IdentityValue } from '../../domain/compose/composition.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { KnownInstance } from '../../store/store.ts';
import { saysTheSame } from '../plan/record-fingerprint.ts';
import type { PlannedInstance } from '../plan/sync-plan.ts';
import { type AccessCensus, takeAccessCensus } from './access-census.ts';
import { defaultRemovalBounds, type RemovalBounds, removalObjection } from './removal-bounds.ts';

/** What a run may take away by itself. */
export interface GuardOptions {
  readonly instances: RemovalBounds;
  /** Of people who have an account anywhere. */
  readonly accounts: RemovalBounds;
  /** Of members of all admin groups together. */
  readonly adminMembers: RemovalBounds;
  /** Groups, by name or pattern with `*`, that must not become empty. */
  readonly adminGroups: readonly string[];
}

/** The same as an operator writes it: what is left out has its default. */
export type GuardConfiguration = Readonly<
  Partial<
    Record<'instances' | 'accounts' | 'adminMembers', Partial<RemovalBounds>> & {
      adminGroups: readonly string[];
    }
  >
>;

/** Groups that give root on most systems and directories. */
const usualAdminGroups = ['wheel', 'sudo', 'admin', 'admins'];

/** Bounds with their defaults. */
export function guardOptions(configured: GuardConfiguration = {}): GuardOptions {
  const { instances, accounts, adminMembers, adminGroups = usualAdminGroups } = configured;
  return {
    instances: { ...defaultRemovalBounds, ...instances },
    accounts: { ...defaultRemovalBounds, ...accounts },
    adminMembers: { ...defaultRemovalBounds, ...adminMembers },
    adminGroups,
  };
}

/** A run as the guard sees it. */
export interface GuardedRun {
  readonly known: ReadonlyMap<InstanceId, KnownInstance>;
  readonly planned: readonly PlannedInstance[];
  /** The accounts and groups that are stored under a key. */
  readonly identity: (key: string) => Promise<IdentityValue | undefined>;
}

/** Why a run needs a person's word: one line for each bound that it goes beyond. */
export async function guardObjections(run: GuardedRun, options: GuardOptions): Promise<readonly string[]> {
  const removals = run.planned.filter(({ kind }) => kind === 'remove').length;
  const present = [...run.known.values()].filter(({ removed }) => !removed).length;
  const instances = removalObjection('instances', present, removals, options.instances);
  if (!takesAnything(run)) return instances === undefined ? [] : [instances];
  const { before, after } = await takeCensuses(run, options.adminGroups);
  const admins = membersOf(before);
  const remaining = new Set(membersOf(after));
  const lostAdmins = admins.filter((member) => !remaining.has(member));
  const objections = [
    instances,
    removalObjection('accounts', before.accounts.size, lost(before, after).length, options.accounts),
    removalObjection('members of admin groups', admins.length, lostAdmins.length, options.adminMembers),
    ...emptied(before, after).map((name) => `admin group ${name} would be left without a member`),
  ];
  return objections.filter((objection) => objection !== undefined);
}

/** Whether directory or policy change anybody's access at all: most runs are about machines only. */
function takesAnything({ known, planned }: GuardedRun): boolean {
  return planned.some((one) => {
    if (one.kind !== 'save' || one.content === undefined) return false;
    const before = known.get(one.id);
    return (
      before !== undefined &&
      before.identity !== one.content.parts.identity.key &&
      saysTheSame(one.fingerprint, before.fingerprint)
    );
  });
}

/**
 * Only guests that stay, and whose own record stays as it is, are compared: what they lose, directory or policy takes
 * away. A machine that moves to another project takes nobody's access away by that.
 */
async function takeCensuses(
  { known, planned, identity }: GuardedRun,
  adminGroups: readonly string[],
): Promise<{ readonly before: AccessCensus; readonly after: AccessCensus }> {
  const changes = new Map(planned.map((one) => [one.id, one]));
  const before = new Set<string>();
  const after = new Set<string>();
  const plannedValues = new Map<string, IdentityValue>();
  for (const instance of known.values()) {
    if (instance.removed || instance.identity === null) continue;
    const change = changes.get(instance.id);
    if (change?.kind === 'remove') continue;
    if (change?.kind === 'save' && !saysTheSame(change.fingerprint, instance.fingerprint)) continue;
    before.add(instance.identity);
    const part = change?.kind === 'save' ? change.content?.parts.identity : undefined;
    after.add(part?.key ?? instance.identity);
    if (part !== undefined) plannedValues.set(part.key, part.value);
  }
  const values = async (keys: ReadonlySet<string>): Promise<readonly IdentityValue[]> => {
    const found: IdentityValue[] = [];
    for (const key of keys) {
      const value = plannedValues.get(key) ?? (await identity(key));
      if (value !== undefined) found.push(value);
    }
    return found;
  };
  return {
    before: takeAccessCensus(await values(before), adminGroups),
    after: takeAccessCensus(await values(after), adminGroups),
  };
}

function lost(before: AccessCensus, after: AccessCensus): readonly string[] {
  return [...before.accounts].filter((name) => !after.accounts.has(name));
}

/** Memberships, as `group member`. */
function membersOf({ adminGroups }: AccessCensus): readonly string[] {
  return [...adminGroups].flatMap(([group, members]) => [...members].map((member) => `${group} ${member}`));
}

function emptied(before: AccessCensus, after: AccessCensus): readonly string[] {
  return [...before.adminGroups]
    .filter(([name, members]) => members.size > 0 && (after.adminGroups.get(name)?.size ?? 0) === 0)
    .map(([name]) => name);
}
