import type { RecordProblem, SourceLine } from '../../../schemas/types/api.ts';
import { ownLines } from '../guest-lines.ts';
import { linkAddresses } from '../network-links.ts';
import type { PolicyDocument } from '../policy-document.ts';
import { sudoHostSubject } from '../sudo-host.ts';
import { templateVariables } from '../template/template-variables.ts';
import { type Choice, overridden } from './choice.ts';
import { type Composition, createComposition, type OwnPart } from './composition.ts';
import type { DirectoryIndex } from './directory-index.ts';
import { composeFailure, failureSection } from './failure.ts';
import { composeHandling, type Handling, handlingSection, liveNetwork, noteHandling } from './handling.ts';
import { createIdentityComposer, type Identity } from './identity/identity.ts';
import { instanceSection, inventorySource, type LocatedRecord, noteInventory } from './instance-section.ts';
import { createMemo } from './memo.ts';
import { composePayload, hasTemplate, type Payload } from './policy-payload.ts';
import { createRuleSelector, type RuleSelection } from './rule-selection.ts';
import { composeServers, noteServers } from './site/name-servers.ts';
import { type PlacedRoutes, placeRoutes, unplacedRoute } from './site/site-routes.ts';
import { composeSiteSettings, type SiteSettings } from './site/site-settings.ts';
import { createSourceBook } from './source-book.ts';
import { createRoleSelector } from './sudo/role-selection.ts';
import { composeSudoRules, type Sudo } from './sudo/sudo-rules.ts';

/** A guest configuration, or why there can be none. */
export type Composed =
  | {
      readonly kind: 'composed';
      readonly composition: Composition;
      /** Of entries and rules that instances share: the same list for all to which the same applies. */
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

/** What an instance's own part is made from, for its sources. */
interface OwnInput {
  readonly located: LocatedRecord;
  readonly site: SiteSettings;
  readonly routes: PlacedRoutes;
  readonly failure: Choice<string> | undefined;
  readonly handling: Handling;
}

/** Parts that instances share are composed once: they depend on which rules apply, not on the instance. */
export function createGuestComposer(directory: DirectoryIndex, policy: PolicyDocument): GuestComposer {
  const selectRules = createRuleSelector(policy);
  const selectRoles = createRoleSelector(directory, policy);
  const sites = createMemo<SiteSettings>();
  const failures = createMemo<ReturnType<typeof composeFailure>>();
  const handlings = createMemo<Handling>();
  const composeIdentity = createIdentityComposer(directory, policy);
  const identities = createMemo<Identity>();
  const sudos = createMemo<Sudo>();
  const sudoParts = createMemo<Sudo['part']>();
  const payloads = createMemo<Payload>();
  const unplaced = createMemo<RecordProblem>();
  const shared = createMemo<readonly RecordProblem[]>();

  /** Files and scripts; each guest's own where one of them is a template. */
  function payloadOf(rules: RuleSelection, own: OwnPart, tags: readonly string[]): Payload {
    const compose = () => composePayload(rules, policy, () => templateVariables({ own, tags }));
    if (hasTemplate(rules, policy)) return compose();
    return payloads(`${rules.files.join()};${rules.scripts.join()}`, compose);
  }

  /** Routes without an interface: each once, with the first guest for an example. */
  function routeProblems({ record }: LocatedRecord, routes: PlacedRoutes): readonly RecordProblem[] {
    return routes.unplaced.map((route) =>
      unplaced(JSON.stringify(route), () => unplacedRoute(route, record.name)),
    );
  }

  function compose(located: LocatedRecord): Composed {
    const { record } = located;
    const hostname = record.hostname ?? record.name.split('.', 1)[0]?.toLowerCase() ?? '';
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(hostname)) {
      return { kind: 'refused', problems: [hostnameProblem(located)] };
    }
    const rules = selectRules(record);
    const site = sites(record.site ?? '', () => composeSiteSettings(record.site, policy));
    const domain = record.domain ?? site.domain?.value;
    const fqdn = domain === undefined ? undefined : `${hostname}.${domain}`;
    const routes = placeRoutes(record, site.routes);
    const failure = failures(rules.failure.join(), () => composeFailure(rules.failure, policy));
    const handling = handlings(rules.guests.join(), () => composeHandling(rules.guests, policy));
    const own: OwnPart = {
      schema: 'https://ubugi.dev/schemas/v1/guest-configuration.json',
      instance: instanceSection(record),
      hostname: { name: hostname, ...(fqdn === undefined ? {} : { fqdn }) },
      network: { ...routes.links, ...liveNetwork(handling) },
      ...composeServers(record, site),
      ...failureSection(failure),
      ...handlingSection(handling),
    };
    const payload = payloadOf(rules, own, record.tags);
    if (payload.kind === 'refused') return payload;
    const accessKey = `${rules.access.join()};${rules.breakGlass.join()}`;
    const identity = identities(accessKey, () => composeIdentity(rules));
    const roles = selectRoles(rules.sudo, sudoHostSubject(hostname, fqdn, linkAddresses(record)));
    const sudoKey = `${accessKey};${rules.sudo.join()};${rules.sudoRules.join()};${roles.key}`;
    const sudo = sudos(sudoKey, () => {
      const composed = composeSudoRules(
        { ...rules, roles: roles.places },
        identity.part.value,
        directory,
        policy,
      );
      // Guests with other accounts often have the same rules.
      return { ...composed, part: sudoParts(composed.part.key, () => composed.part) };
    });
    const lost = routeProblems(located, routes);
    return {
      kind: 'composed',
      composition: createComposition(
        own,
        () => ownSources(own, { located, site, routes, failure, handling }),
        {
          identity: identity.part,
          sudo: sudo.part,
          payload: payload.part,
        },
      ),
      problems: shared(lost.length === 0 ? sudoKey : `${sudoKey};${JSON.stringify(lost)}`, () => [
        ...identity.problems,
        ...sudo.problems,
        ...lost,
      ]),
    };
  }

  return { compose };
}

function ownSources(
  own: OwnPart,
  { located, site, routes, failure, handling }: OwnInput,
): readonly SourceLine[] {
  const book = createSourceBook();
  const { record } = located;
  const { value: domain, sources = [] } = site.domain ?? {};
  const isOverridden = record.domain !== undefined && record.domain !== domain;
  book.note('hostname', 'fqdn', ...(isOverridden ? sources.map(overridden) : sources));
  noteInventory(located, book);
  noteServers(record, site, book, inventorySource(located));
  routes.note(book);
  book.note('failure', 'onFailure', ...(failure?.sources ?? []));
  noteHandling(handling, book);
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
