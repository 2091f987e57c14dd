import type { Role } from '../../schemas/types/api.ts';
import { AppError } from '../domain/errors.ts';
import type { ReportTicket } from '../reports/report-tokens.ts';

/** Who asks, as far as the server knows. */
export interface Principal {
  /** For the audit trail: `token:NAME`, `keystone:USER`, or `local` for whoever may open the Unix socket. */
  readonly actor: string;
  /** `none`: nobody is known to ask. Only routes that check signatures are called so. `guest`: see `ticket`. */
  readonly role: Role | 'none' | 'guest';
  /** The host that a token of role hypervisor is for, else null. */
  readonly hypervisor: string | null;
  /** Id of the token; absent if there is none. */
  readonly token?: string;
  /** What the one-time token of a guest is good for; nobody else has one. */
  readonly ticket?: ReportTicket;
}

/** Whoever may open the Unix socket. */
export const localPrincipal: Principal = { actor: 'local', role: 'admin', hypervisor: null };

/** Whoever asks a route that checks signatures itself. */
export const unknownPrincipal: Principal = { actor: 'unknown', role: 'none', hypervisor: null };

/**
 * Who may use a route. The roles viewer, operator and admin include each other in this order; hypervisor stands apart.
 * `hypervisor` and `join`: this role alone. `signature`: no role counts; the route itself refuses what is not signed.
 */
export interface Access {
  readonly minimum: 'viewer' | 'operator' | 'admin' | 'hypervisor' | 'join' | 'signature';
  /** `own`: for the token's host and the instances placed on it. */
  readonly hypervisor: 'no' | 'own' | 'yes';
  /** Guests may use it with the one-time token of their drive. */
  readonly guest?: true;
  /** Nova may use it, with a token of Keystone or one of ours of role nova. */
  readonly nova?: true;
}

/** Roles that a route lets in, weakest first. */
export function rolesWith(access: Access): readonly Role[] {
  if (access.minimum === 'signature') return [];
  if (access.minimum === 'hypervisor' || access.minimum === 'join') return [access.minimum];
  const ladder: readonly Role[] = ['viewer', 'operator', 'admin'];
  return [
    ...ladder.slice(ladder.indexOf(access.minimum)),
    ...(access.hypervisor === 'no' ? [] : (['hypervisor'] as const)),
    ...(access.nova === true ? (['nova'] as const) : []),
  ];
}

/** Fails with `forbidden` where the role may not use the route. */
export function requireAccess(principal: Principal, access: Access): void {
  if (principal.role === 'guest' && access.guest === true) return;
  if (rolesWith(access).some((role) => role === principal.role)) return;
  throw new AppError(
    'forbidden',
    `role ${principal.role} may not do this; use a token of role ${rolesWith(access).join(' or ')}`,
  );
}
