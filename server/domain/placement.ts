/** Where an instance is, and what the CMDB says of it. */
export interface Placement {
  /** The host that has it now. */
  readonly placedOn: string | null;
  /** The host that the CMDB names. */
  readonly named: string | null;
}

/** Why a hypervisor asks for a drive. `fetch`: to have it; `running`: the instance runs there. */
export type Purpose = 'fetch' | 'start' | 'running';

/** Instances that a hypervisor may claim by starting them. */
export type ClaimRule = 'none' | 'unplaced' | 'any';

/** What a hypervisor's request for an instance comes to. */
export type PlacementVerdict =
  /** It has the instance. */
  | { readonly kind: 'here' }
  /** It may fetch; the instance is still elsewhere. */
  | { readonly kind: 'granted' }
  /** The instance is to be put on it: it starts it as the rule allows, or runs it by a grant. */
  | { readonly kind: 'moves'; readonly by: 'claim' | 'grant' }
  | { readonly kind: 'refused' };

/** Where an instance is after the CMDB names this host: there if it named another one before, else where it was. */
export function hostAfterRecord({ placedOn, named }: Placement, namedNow: string | null): string | null {
  return named === namedNow ? placedOn : namedNow;
}

/** What a request of `host` comes to. @param granted whether it has a grant that has not expired */
export function judgePlacement(
  { placedOn, named }: Placement,
  request: { readonly host: string; readonly purpose: Purpose; readonly granted: boolean },
  claims: ClaimRule,
): PlacementVerdict {
  const { host, purpose, granted } = request;
  if (placedOn === host) return { kind: 'here' };
  if (granted) return purpose === 'running' ? { kind: 'moves', by: 'grant' } : { kind: 'granted' };
  const mayClaim = claims === 'any' || (claims === 'unplaced' && named === null);
  return purpose === 'start' && mayClaim ? { kind: 'moves', by: 'claim' } : { kind: 'refused' };
}
