import type { SourceLine } from '../../schemas/types/api.ts';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import {
  type Composition,
  createComposition,
  createIdentityPart,
  createPart,
  hashLine,
  type ScriptFile,
} from '../../server/domain/compose/composition.ts';

/** The composition that a guest configuration would have come from. */
export function compositionOf(
  { groups, accounts, sudo, files, scripts, ...own }: GuestConfiguration,
  contents: readonly ScriptFile[] = [],
  sources: readonly SourceLine[] = [],
): Composition {
  const of = (...sections: SourceLine['section'][]): readonly SourceLine[] =>
    sources.filter(({ section }) => sections.includes(section));
  return createComposition(
    own,
    () => of('instance', 'hostname', 'network', 'dns', 'ntp', 'failure', 'guest'),
    {
      identity: createIdentityPart(
        groups,
        of('groups').map(hashLine),
        accounts.map((account) =>
          createPart(
            account,
            of('accounts', 'keys').filter(
              ({ subject }) => subject === account.name || subject.startsWith(`${account.name} `),
            ),
          ),
        ),
      ),
      sudo: createPart(sudo, of('sudo')),
      payload: createPart({ files, scripts, contents }, of('files', 'scripts')),
    },
  );
}
