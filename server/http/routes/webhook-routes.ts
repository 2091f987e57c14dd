import type { AppPorts } from '../app-ports.ts';
import { defineRoute, type Route } from '../route.ts';
import { createNetboxReceiver, webhookLimit } from '../webhooks/netbox-receiver.ts';

/** Hints that something has changed. */
export function webhookRoutes(ports: AppPorts): readonly Route[] {
  const receiver = createNetboxReceiver(ports);
  const content = { mediaType: 'application/json', schema: 'api.webhookReceipt' } as const;
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/webhooks/netbox',
      operationId: 'receiveNetboxWebhook',
      tag: 'sync',
      summary: 'Take a webhook of NetBox: what changed is read a little later.',
      description: [
        'No token: the request is known by its signature alone. The body is NetBox’s own, not changed by a template.',
        'Webhooks that come before the run starts cause one run together (`sync.hintDelaySeconds`).',
      ].join(' '),
      access: { minimum: 'signature', hypervisor: 'no' },
      requestHeaders: {
        'X-Hook-Signature': 'HMAC-SHA512 of the body with the secret, in lower-case hexadecimal.',
      },
      successes: [
        { status: 202, description: 'It is NetBox’s own and new: a sync comes soon.', content },
        { status: 200, description: 'It was received before.', content },
      ],
      failures: {
        401: 'The request is not signed, or its signature is wrong.',
        404: 'Webhooks are not configured.',
        409: 'Its time is more than five minutes from the server’s.',
        413: `The body is larger than ${webhookLimit} bytes.`,
        429: 'Too many at a time.',
      },
      handle: ({ request }) => receiver.receive(request),
    }),
  ];
}
