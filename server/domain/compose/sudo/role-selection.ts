import { matchesGlob } from '../../glob.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import { createSudoHostMatcher, type SudoHostSubject } from '../../sudo-host.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import { createMemo } from '../memo.ts';

/** Tells which roles of the directory apply to a guest: their places in `DirectoryIndex.sudoRoles`, ascending. */
export type RoleSelector = (rules: readonly number[], subject: SudoHostSubject) => readonly number[];

/** Roles that a rule of the policy selects by name and whose sudoHost matches. */
export function createRoleSelector({ sudoRoles }: DirectoryIndex, { policy }: PolicyDocument): RoleSelector {
  const hosts = sudoRoles.map((role) => createSudoHostMatcher(role.hosts));
  const named = createMemo<readonly number[]>();
  const rolesNamed = (rules: readonly number[]): readonly number[] => {
    const patterns = rules.flatMap((rule) => policy.sudo?.[rule]?.roles ?? []);
    return sudoRoles.flatMap(({ name }, role) =>
      patterns.some((pattern) => matchesGlob(pattern, name)) ? [role] : [],
    );
  };
  return (rules, subject) =>
    named(rules.join(), () => rolesNamed(rules)).filter((role) => hosts[role]?.(subject) === true);
}
