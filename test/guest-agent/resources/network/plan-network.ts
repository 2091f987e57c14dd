import type { OwnedFile } from '../../../../guest-agent/agent/plan/ownership.ts';
import type { ResourcePlan } from '../../../../guest-agent/agent/plan/plan.ts';
import { network } from '../../../../guest-agent/agent/resources/network/network.ts';
import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';
import { exampleGuest } from '../../example-guest.ts';
import { type TestEntry, testMachine } from '../../test-machine.ts';

/** A machine made of files, and what of it is Ubugi's. */
export interface NetworkState {
  readonly tree: Readonly<Record<string, TestEntry>>;
  readonly owned: readonly OwnedFile[];
}

/** A machine on which Ubugi has never been. */
export function newMachine(tree: Readonly<Record<string, TestEntry>>): NetworkState {
  return { tree, owned: [] };
}

/** Plans the network of a starting machine. @returns the plan, and the machine with its steps done. */
export function planNetwork(
  wanted: GuestConfiguration['network'],
  { tree, owned }: NetworkState,
  options: Parameters<typeof testMachine>[1] = { booting: true },
): { readonly plan: ResourcePlan; readonly after: NetworkState } {
  const plan = network.plan(
    { guest: exampleGuest({ network: wanted }), owned: { files: owned, groups: [], accounts: [] } },
    testMachine(tree, options),
  );
  const next: Record<string, TestEntry> = { ...tree };
  for (const step of plan.steps) {
    if (step.kind === 'file') next[step.path] = { text: step.text, mode: step.attributes.mode };
    if (step.kind === 'link') next[step.path] = { link: step.target };
    if (step.kind === 'remove') delete next[step.path];
  }
  return { plan, after: { tree: next, owned: plan.owns.map((path) => ({ path, resource: 'network' })) } };
}

/** Text of a file of a machine. */
export function textOf({ tree }: NetworkState, path: string): string | undefined {
  const entry = tree[path];
  return typeof entry === 'object' ? ('text' in entry ? entry.text : undefined) : entry;
}

/** All files below a folder, one after the other with their names: a golden tree. */
export function treeOf(state: NetworkState, folder: string): string {
  return Object.keys(state.tree)
    .filter((path) => path.startsWith(`${folder}/`))
    .sort()
    .map((path) => `==> ${path} <==\n${textOf(state, path) ?? ''}`)
    .join('\n');
}

/** Command lines of what the running system is told. */
export function commandsOf({ live }: ResourcePlan): readonly string[] {
  return live.map((action) => (action.kind === 'command' ? action.argv.join(' ') : action.kind));
}
