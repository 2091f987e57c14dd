import { matchesGlob } from '../../glob.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import { createSudoHostMatcher, type SudoHostSubject } from '../../sudo-host.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import { createMemo } from '../memo.ts';

/** Roles of the directory that apply to a guest. */
export interface SelectedRoles {
  /** Their places in `DirectoryIndex.sudoRoles`, ascending. */
  readonly places: readonly number[];
  /** Equal for the same roles. */
  readonly key: string;
}

/** Tells which roles of the directory apply to a guest. */
export type RoleSelector = (rules: readonly number[], subject: SudoHostSubject) => SelectedRoles;

/** Roles that a rule of the policy selects by name and whose sudoHost matches. */
export function createRoleSelector({ sudoRoles }: DirectoryIndex, { policy }: PolicyDocument): RoleSelector {
  const hosts = sudoRoles.map((role) => createSudoHostMatcher(role.hosts));
  const named = createMemo<SelectedRoles & { readonly everywhere: boolean }>();
  const rolesNamed = (rules: readonly number[]) => {
    const patterns = rules.flatMap((rule) => policy.sudo?.[rule]?.roles ?? []);
    const places = sudoRoles.flatMap(({ name }, place) =>
      patterns.some((pattern) => matchesGlob(pattern, name)) ? [place] : [],
    );
    const everywhere = places.every((place) => isEverywhere(sudoRoles[place]?.hosts ?? []));
    return { ...keyed(places), everywhere };
  };
  return (rules, subject) => {
    const candidates = named(rules.join(), () => rolesNamed(rules));
    if (candidates.everywhere) return candidates;
    return keyed(candidates.places.filter((place) => hosts[place]?.(subject) === true));
  };
}

function isEverywhere(hosts: readonly string[]): boolean {
  return hosts.length === 1 && hosts[0] === 'ALL';
}

function keyed(places: readonly number[]): SelectedRoles {
  return { places, key: places.join() };
}
