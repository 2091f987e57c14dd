import { nothingOwned, type Ownership } from '../../../guest-agent/agent/plan/ownership.ts';
import { type IdentityPlan, planIdentity } from '../../../guest-agent/agent/resources/identity/identity.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { type TestEntry, testMachine } from '../test-machine.ts';

/** A small guest of its own, with one person and a NIS line. */
export const guestFiles: Readonly<Record<string, TestEntry>> = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nlocal:x:1000:1000::/home/local:/bin/sh\n+::::::\n',
  '/etc/group': 'root:x:0:\nadm:x:4:local\nlocal:x:1000:\n',
  '/etc/shadow': { text: 'root:*:19000:0:99999:7:::\nlocal:!:19000:0:99999:7:::\n', mode: 0o640 },
  '/etc/gshadow': { text: 'root:*::\nadm:*::local\nlocal:!::\n', mode: 0o640 },
  '/home/local/x': '',
};

/** A plan of groups, accounts, keys and sudoers, and what comes of it. */
export interface TestedPlan {
  readonly result: IdentityPlan;
  readonly steps: readonly string[];
  /** What a step writes to a path; empty where none does. */
  readonly text: (path: string) => string;
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  /** The machine after the plan. */
  readonly after: () => Record<string, TestEntry>;
  /** What is ours after the plan. */
  readonly owns: Ownership;
}

/** Plans identity for a machine that is nothing but files. */
export function plan(
  guest: GuestConfiguration,
  owned: Ownership = nothingOwned,
  files: Readonly<Record<string, TestEntry>> = guestFiles,
  machine: Parameters<typeof testMachine>[1] = {},
): TestedPlan {
  const result = planIdentity({ guest, owned }, testMachine(files, machine));
  const steps = result.resources.flatMap((resource) => resource.steps);
  return {
    result,
    steps: steps.map(({ path }) => path),
    text(path) {
      const step = steps.find((candidate) => candidate.path === path);
      return step?.kind === 'file' ? step.text : '';
    },
    problems: result.resources.flatMap((resource) => resource.problems),
    notes: result.resources.flatMap(({ notes = [] }) => notes),
    after() {
      const next = { ...files };
      for (const step of steps) {
        if (step.kind === 'file') next[step.path] = { text: step.text, mode: step.attributes.mode };
        if (step.kind === 'home') next[`${step.path}/.profile`] = '';
        if (step.kind === 'remove') delete next[step.path];
      }
      return next;
    },
    owns: {
      files: result.resources.flatMap(({ owns, resource }) => owns.map((path) => ({ path, resource }))),
      groups: result.groups,
      accounts: result.accounts,
    },
  };
}
