import type { TokenCreated, TokenList, TokenRequest } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import type { StoredToken } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import { hashTokenSecret, newTokenSecret } from '../authenticate.ts';
import { requestInvalid } from '../problem.ts';
import { bodyLimit, defineRoute, jsonResponse, type Route } from '../route.ts';

/** Making, listing and revoking tokens. */
export function tokenRoutes(ports: AppPorts): readonly Route[] {
  const { store, clock, random, validators } = ports;
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/tokens',
      operationId: 'listTokens',
      tag: 'tokens',
      summary: 'List tokens, revoked ones too, without their secrets.',
      access: { minimum: 'admin', hypervisor: 'no' },
      successes: [
        {
          status: 200,
          description: 'All tokens.',
          content: { mediaType: 'application/json', schema: 'api.tokenList' },
        },
      ],
      handle: async () => {
        const body: TokenList = { tokens: (await store.tokens()).map(withoutSecret) };
        return jsonResponse(body);
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/tokens',
      operationId: 'createToken',
      tag: 'tokens',
      summary: 'Create a token. Its secret is in this answer and nowhere else.',
      description:
        'Names are unique among tokens that are in force: the audit trail names a token by its name.',
      access: { minimum: 'admin', hypervisor: 'no' },
      body: {
        schema: 'api.tokenRequest',
        validator: validators.api<TokenRequest>('tokenRequest'),
        limit: bodyLimit,
        optional: false,
      },
      successes: [
        {
          status: 201,
          description: 'The token.',
          content: { mediaType: 'application/json', schema: 'api.tokenCreated' },
        },
      ],
      failures: { 409: 'A token of this name is in force.' },
      handle: async ({ body, principal }) => {
        const now = clock.now();
        checkRequest(body, now);
        const secret = newTokenSecret(random);
        const token: StoredToken = {
          id: random.uuid(),
          name: body.name,
          role: body.role,
          hypervisor: body.hypervisor ?? null,
          createdAt: now.toISOString(),
          expiresAt: body.expiresAt ?? null,
          revokedAt: null,
          secretSha256: hashTokenSecret(secret),
          usedAt: null,
          credentialSha256: null,
          replaces: null,
        };
        const created = await store.exclusively('tokens', async () => {
          if ((await store.tokens()).some((other) => other.name === token.name && isInForce(other, now))) {
            throw new AppError(
              'conflict',
              `a token named ${token.name} is in force; revoke it first, or choose another name`,
            );
          }
          await store.transaction(async (transaction) => {
            await transaction.saveToken(token);
            await transaction.appendEvent({
              at: token.createdAt,
              actor: principal.actor,
              action: 'token-created',
              instance: null,
              reason: `token ${token.name} of role ${token.role}`,
              details: { ...withoutSecret(token) },
            });
          });
        });
        if (created === undefined) throw new AppError('busy', 'another token is being made; try again');
        const answer: TokenCreated = { token: withoutSecret(token), secret };
        return jsonResponse(answer, { status: 201 });
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/tokens/{token}',
      operationId: 'revokeToken',
      tag: 'tokens',
      summary: 'Revoke a token. It is refused from the next request on; its line stays.',
      access: { minimum: 'admin', hypervisor: 'no' },
      successes: [{ status: 204, description: 'The token is revoked, now or before.' }],
      handle: async ({ path, principal }) => {
        const token = (await store.tokens()).find(({ id }) => id === path['token']);
        if (token === undefined)
          throw new AppError('not-found', 'there is no such token; GET /v1/tokens lists them');
        if (token.revokedAt !== null) return new Response(null, { status: 204 });
        const at = clock.now().toISOString();
        await store.transaction(async (transaction) => {
          if (!(await transaction.revokeToken(token.id, at))) return;
          await transaction.appendEvent({
            at,
            actor: principal.actor,
            action: 'token-revoked',
            instance: null,
            reason: `token ${token.name} of role ${token.role}`,
            details: { id: token.id, name: token.name },
          });
        });
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

/** How long a join token may wait for its host. */
const mostJoinMs = 7 * 86_400_000;

function checkRequest({ role, hypervisor, expiresAt }: TokenRequest, now: Date): void {
  const isOfHost = role === 'hypervisor' || role === 'join';
  if (isOfHost && hypervisor === undefined) {
    throw requestInvalid('body', [
      {
        pointer: '/hypervisor',
        message: `is missing for role ${role}`,
        remedy: 'name the host that the token is for',
      },
    ]);
  }
  if (!isOfHost && hypervisor !== undefined) {
    throw requestInvalid('body', [
      {
        pointer: '/hypervisor',
        message: `means nothing for role ${role}`,
        remedy: 'remove it, or use role hypervisor',
      },
    ]);
  }
  if (role === 'join' && !(Date.parse(expiresAt ?? '') <= now.getTime() + mostJoinMs)) {
    throw requestInvalid('body', [
      {
        pointer: '/expiresAt',
        message: 'is missing, or more than a week from now, for role join',
        remedy: 'give a time within a week: the token is for one use, soon',
      },
    ]);
  }
  if (expiresAt !== undefined && !(Date.parse(expiresAt) > now.getTime())) {
    throw requestInvalid('body', [
      {
        pointer: '/expiresAt',
        message: 'is not in the future',
        remedy: 'give a later time, or leave it out',
      },
    ]);
  }
}

function isInForce({ revokedAt, expiresAt, usedAt }: StoredToken, now: Date): boolean {
  return (
    revokedAt === null && usedAt === null && (expiresAt === null || Date.parse(expiresAt) > now.getTime())
  );
}

function withoutSecret(token: StoredToken): TokenList['tokens'][number] {
  const { id, name, role, hypervisor, createdAt, expiresAt, revokedAt, usedAt } = token;
  return { id, name, role, hypervisor, createdAt, expiresAt, revokedAt, usedAt };
}
