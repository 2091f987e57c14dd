import type { RecordProblem, SourceLine } from '../../../schemas/types/api.ts';
import { ownLines } from '../guest-lines.ts';
import type { PolicyDocument } from '../policy-document.ts';
import { type Composition, createComposition, type OwnPart } from './composition.ts';
import type { DirectoryIndex } from './directory-index.ts';
import { composeIdentity } from './identity.ts';
import { instanceSection, type LocatedRecord, noteInventory } from './instance-section.ts';
import { createMemo } from './memo.ts';
import { composePayload } from './policy-payload.ts';
import { createRuleSelector } from './rule-selection.ts';
import { composeSiteSettings, type SiteSettings } from './site-settings.ts';
import { createSourceBook } from './source-book.ts';
import { composeSudoRules, createRoleSelector } from './sudo-rules.ts';

/** A guest configuration, or why there can be none. */
export type Composed =
  | {
      readonly kind: 'composed';
      readonly composition: Composition;
      /** Of entries that instances share: the same list for all that have the same accounts. */
      readonly problems: readonly RecordProblem[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly RecordProblem[] };

/** Composes guest configurations from one state of directory and policy. */
export interface GuestComposer {
  /**
   * The guest configuration of one instance: a pure function of instance, directory and policy. Every list has a
   * fixed order, so equal input gives equal JSON.
   */
  compose(located: LocatedRecord): Composed;
}

/** Parts that instances share are composed once: they depend on which rules apply, not on the instance. */
export function createGuestComposer(directory: DirectoryIndex, policy: PolicyDocument): GuestComposer {
  const selectRules = createRuleSelector(policy);
  const selectRoles = createRoleSelector(directory, policy);
  const sites = createMemo<SiteSettings>();
  const identities = createMemo<ReturnType<typeof composeIdentity>>();
  const sudo = createMemo<ReturnType<typeof composeSudoRules>>();
  const payloads = createMemo<ReturnType<typeof composePayload>>();

  function compose(located: LocatedRecord): Composed {
    const { record } = located;
    const hostname = record.hostname ?? record.name.split('.', 1)[0]?.toLowerCase() ?? '';
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(hostname)) {
      return { kind: 'refused', problems: [hostnameProblem(located)] };
    }
    const site = sites(record.site ?? '', () => composeSiteSettings(record.site, policy));
    const domain = record.domain ?? site.domain;
    const fqdn = domain === undefined ? undefined : `${hostname}.${domain}`;
    const interfaces = (record.interfaces ?? []).map((networkInterface) => ({ ...networkInterface }));
    const own: OwnPart = {
      schema: 'https://ubugi.dev/schemas/v1/guest-configuration.json',
      instance: instanceSection(record),
      hostname: { name: hostname, ...(fqdn === undefined ? {} : { fqdn }) },
      network: { interfaces },
      dns: site.dns,
      ntp: site.ntp,
    };
    const rules = selectRules(record);
    const accessKey = rules.access.join();
    const identity = identities(accessKey, () => composeIdentity(rules.access, directory, policy));
    const addresses = interfaces.flatMap((networkInterface) => networkInterface.addresses ?? []);
    const roles = selectRoles(rules.sudo, { hostname, fqdn, addresses });
    const parts = {
      identity: identity.part,
      sudo: sudo(`${accessKey};${rules.sudo.join()};${roles.key}`, () =>
        composeSudoRules(roles.places, rules.sudo, identity.part.value, directory, policy),
      ),
      payload: payloads(`${rules.files.join()};${rules.scripts.join()}`, () =>
        composePayload(rules.files, rules.scripts, policy),
      ),
    };
    return {
      kind: 'composed',
      composition: createComposition(own, () => ownSources(located, own, site), parts),
      problems: identity.problems,
    };
  }

  return { compose };
}

function ownSources(located: LocatedRecord, own: OwnPart, site: SiteSettings): readonly SourceLine[] {
  const book = createSourceBook();
  site.note(book, { domain: located.record.domain === undefined });
  noteInventory(located, book);
  return book.lines(ownLines(own));
}

function hostnameProblem({ inventory, locator }: LocatedRecord): RecordProblem {
  return {
    source: inventory,
    record: locator,
    field: 'name',
    message: 'gives no valid host name: its first label is not one DNS label',
    remedy: 'set the field `hostname` to letters, digits and hyphens',
  };
}
