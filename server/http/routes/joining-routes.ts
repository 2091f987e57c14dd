import type { CredentialRequest } from '../../../schemas/types/api.ts';
import type { AppPorts } from '../app-ports.ts';
import { createHostCredentials } from '../joining/host-credentials.ts';
import { bodyLimit, defineRoute, jsonResponse, type Route } from '../route.ts';

/** How a host gets a credential of its own and keeps it fresh. */
export function joiningRoutes(ports: AppPorts): readonly Route[] {
  const credentials = createHostCredentials(ports);
  const body = {
    schema: 'api.credentialRequest',
    validator: ports.validators.api<CredentialRequest>('credentialRequest'),
    limit: bodyLimit,
    optional: false,
  } as const;
  const content = { mediaType: 'application/json', schema: 'api.hypervisorCredential' } as const;
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/hypervisors/{host}/join',
      operationId: 'joinHypervisor',
      tag: 'hypervisors',
      summary: 'Use a one-time token up for a credential of this host.',
      description:
        'The host draws the secret of its credential and sends the hash; nothing secret comes back. Sent again with the same hash, because an answer was lost, it gets the same answer.',
      access: { minimum: 'join', hypervisor: 'no' },
      body,
      successes: [{ status: 200, description: 'The secret with this hash is the credential now.', content }],
      failures: {
        401: 'The token was used before, has expired, was revoked or is for another host.',
        409: 'The secret belongs to another token.',
      },
      handle: async ({ path, body, principal }) =>
        jsonResponse(await credentials.join(path['host'] ?? '', body.secretSha256, principal)),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/hypervisors/{host}/credential',
      operationId: 'rotateCredential',
      tag: 'hypervisors',
      summary: 'Announce the next credential of this host.',
      description:
        'The credential that asks ends when the next one is used for the first time, and ten minutes from now at the latest. At most one is announced: another hash takes the place of the one before. Sent again with the same hash, by either credential, it gets the same answer.',
      access: { minimum: 'hypervisor', hypervisor: 'own' },
      body,
      successes: [
        { status: 200, description: 'The secret with this hash is a credential from now on.', content },
      ],
      failures: { 409: 'The secret belongs to another token, or was given up before.' },
      handle: async ({ path, body, principal }) =>
        jsonResponse(await credentials.rotate(path['host'] ?? '', body.secretSha256, principal)),
    }),
  ];
}
