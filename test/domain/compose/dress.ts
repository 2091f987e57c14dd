import type { RecordProblem, Source } from '../../../schemas/types/api.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { Policy } from '../../../schemas/types/policy.ts';
import type { DirectorySnapshot } from '../../../server/directory/directory.ts';
import { createGuestComposer } from '../../../server/domain/compose/compose-guest.ts';
import type { Composition } from '../../../server/domain/compose/composition.ts';
import { indexDirectory } from '../../../server/domain/compose/directory-index.ts';
import { sampleDirectory, samplePolicy, sampleRecord } from '../sample.ts';

/** A guest that was composed from the samples. */
export interface Dressed {
  readonly guest: GuestConfiguration;
  readonly composition: Composition;
  readonly problems: readonly RecordProblem[];
  /** Sources of a line as `kind field`, those overridden in brackets. */
  readonly sources: (section: string, subject: string) => readonly string[];
}

/** Composes the sample with changes; fails if the guest is refused. */
export function dress(
  policy: Partial<Policy> = {},
  record: Partial<InstanceRecord> = {},
  directory: Partial<DirectorySnapshot> = {},
): Dressed {
  const composed = createGuestComposer(
    indexDirectory('ldap', sampleDirectory(directory)),
    samplePolicy(policy),
  ).compose({ record: sampleRecord(record), inventory: 'cmdb', locator: 'line 2' });
  if (composed.kind === 'refused') throw new Error(JSON.stringify(composed.problems));
  const { composition, problems } = composed;
  return {
    composition,
    guest: composition.guest,
    problems,
    sources: (section, subject) =>
      composition.sources
        .filter((line) => line.section === section && line.subject === subject)
        .flatMap((line) => line.sources.map(sourceText)),
  };
}

function sourceText({ kind, record, field, overridden }: Source): string {
  const text = kind === 'policy' ? `policy ${record}` : `${kind} ${field}`;
  return overridden === true ? `[${text}]` : text;
}
