import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../plan/machine.ts';
import type { Databases } from './databases.ts';
import { type LoginDefs, readLoginDefs } from './login-defs.ts';
import { askNameService, type ForeignEntries } from './name-service.ts';

/** What decides, beside the files themselves, on whether an account or group may be made ours. */
export interface IdentityContext {
  readonly loginDefs: LoginDefs;
  /** What the guest knows from elsewhere. */
  readonly foreign: ForeignEntries;
  /** Policy lets us take over what the guest has under the same name and number. */
  readonly adopt: boolean;
  /** Shell of an account that nobody is to log in to. */
  readonly nologin: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: number;
}

/**
 * Gathers it for accounts and groups that are wanted.
 *
 * @param alone the files alone count: an account for emergencies must not wait for a name service that hangs.
 */
export function identityContext(
  { accounts, groups, adoptAccounts }: Pick<GuestConfiguration, 'accounts' | 'groups' | 'adoptAccounts'>,
  databases: Databases,
  machine: Machine,
  alone = false,
): IdentityContext {
  const wanted = {
    accounts: accounts.map(({ name, uid }) => ({ name, id: uid })),
    groups: groups.map(({ name, gid }) => ({ name, id: gid })),
  };
  return {
    loginDefs: readLoginDefs(machine.files),
    foreign: alone ? { accounts: new Map(), groups: new Map() } : askNameService(wanted, databases, machine),
    adopt: adoptAccounts === true,
    nologin: machine.program('nologin') ?? '/bin/false',
    now: machine.now,
  };
}
