import { permitsFor } from '../../../../schemas/sudo-defaults/settings.ts';
import type { RecordProblem, Source } from '../../../../schemas/types/api.ts';
import type { SudoDefault } from '../../../../schemas/types/common.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import { policySource } from '../policy-source.ts';

/** One setting for all of sudo on a guest, and where it comes from. */
export interface SourcedDefault {
  readonly setting: SudoDefault;
  readonly sources: readonly Source[];
}

/**
 * What `cn=defaults` of the directory sets on a guest. It counts wherever any selection of roles applies, as the roles are
 * meant under it; what loosens sudo only where one of the selections allows just that.
 *
 * @param selections places of the rules of `sudo` that apply
 */
export function composeSudoDefaults(
  selections: readonly number[],
  directory: DirectoryIndex,
  policy: PolicyDocument,
): { readonly defaults: readonly SourcedDefault[]; readonly problems: readonly RecordProblem[] } {
  const { sudoDefaults } = directory;
  if (sudoDefaults === undefined || selections.length === 0) return { defaults: [], problems: [] };
  const allowed = allowedBy(selections, policy);
  const source = directory.source(sudoDefaults, 'sudoOption');
  const problems: RecordProblem[] = [];
  const defaults: SourcedDefault[] = [];
  for (const setting of sudoDefaults.settings) {
    const permits = permitsFor(setting);
    const missing = permits.filter((permit) => !allowed.has(permit));
    if (missing.length > 0) problems.push(refusal(source, missing));
    else {
      const allowing = new Set(permits.flatMap((permit) => allowed.get(permit) ?? []));
      defaults.push({ setting, sources: [source, ...allowing] });
    }
  }
  return { defaults, problems };
}

/** What the selections allow, each with the first that does. */
function allowedBy(selections: readonly number[], policy: PolicyDocument): ReadonlyMap<string, Source> {
  const allowed = new Map<string, Source>();
  for (const index of selections) {
    const selection = policy.policy.sudo?.[index];
    for (const permit of selection?.allowDefaults ?? []) {
      if (selection === undefined || allowed.has(permit)) continue;
      allowed.set(permit, policySource(policy, `/sudo/${index}/allowDefaults`, selection.name));
    }
  }
  return allowed;
}

function refusal({ name, record, field }: Source, permits: readonly string[]): RecordProblem {
  const list = permits.join(', ');
  return {
    source: name,
    record,
    field,
    message: `of cn=defaults loosens sudo (${list}), which no rule of \`sudo\` that applies allows: the option is left out`,
    remedy: 'remove it from the directory, or add it to `allowDefaults` of a rule of `sudo` in the policy',
  };
}
