import type { SourceLine } from '../../../schemas/types/api.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import {
  type Composition,
  createComposition,
  createIdentityPart,
  createPart,
  hashLine,
  type ScriptFile,
} from './composition.ts';

const shared: ReadonlySet<SourceLine['section']> = new Set([
  'groups',
  'accounts',
  'keys',
  'sudo',
  'files',
  'scripts',
]);

/** The composition that a whole guest configuration came from: its parts have the hashes that they were composed with. */
export function splitComposition(
  { groups, accounts, sudo, files, scripts, ...own }: GuestConfiguration,
  contents: readonly ScriptFile[],
  sources: readonly SourceLine[],
): Composition {
  const of = (...sections: readonly SourceLine['section'][]): readonly SourceLine[] =>
    sources.filter(({ section }) => sections.includes(section));
  const ofAccount = Map.groupBy(of('accounts', 'keys'), ({ section, subject }) =>
    section === 'accounts' ? subject : (subject.split(' ', 1)[0] ?? ''),
  );
  const present = new Set(accounts.map(({ name }) => name));
  // Accounts that are not there, and why.
  const absent = of('accounts').filter(({ subject }) => !present.has(subject));
  const identity = createIdentityPart(
    groups,
    [...of('groups'), ...absent].map(hashLine),
    accounts.map((account) => createPart(account, ofAccount.get(account.name) ?? [])),
  );
  const ownSources = sources.filter(({ section }) => !shared.has(section));
  return createComposition(own, () => ownSources, {
    identity,
    sudo: createPart(sudo, of('sudo')),
    payload: createPart({ files, scripts, contents }, of('files', 'scripts')),
  });
}
