import { AppError } from '../domain/errors.ts';
import { printable } from '../domain/printable.ts';
import type { Keystone } from '../keystone/keystone.ts';
import type { Principal } from './principal.ts';

/** Whose tokens of Keystone count. */
export interface KeystoneCallers {
  readonly keystone: Keystone;
  /** The caller must have one of these roles. */
  readonly roles: readonly string[];
  /** Name or id of the project that its token must be for; undefined: any. */
  readonly project: string | undefined;
}

/**
 * The principal of an `X-Auth-Token` header: role nova and nothing more. Fails with `unauthorized` for a token that
 * Keystone does not know, so that the caller renews it; with `forbidden` for one of somebody else; with
 * `identity-unavailable`.
 */
export async function keystonePrincipal(
  token: string,
  { keystone, roles, project }: KeystoneCallers,
): Promise<Principal> {
  const caller = await keystone.caller(token);
  if (caller === undefined) {
    throw new AppError('unauthorized', 'Keystone does not know this token, or it has expired; get another');
  }
  const user = printable(caller.user.name);
  if (!caller.roles.some((role) => roles.includes(role))) {
    throw new AppError(
      'forbidden',
      `user ${user} has none of the roles ${roles.join(', ')} in Keystone; give it one, or change nova.callerRoles`,
    );
  }
  if (project !== undefined && caller.project?.name !== project && caller.project?.id !== project) {
    throw new AppError(
      'forbidden',
      `the token of user ${user} is not for project ${project}; set it in [vendordata_dynamic_auth], or change nova.callerProject`,
    );
  }
  return { actor: `keystone:${user}`, role: 'nova', hypervisor: null };
}
