import { createHmac, randomUUID } from 'node:crypto';
import { virtualMachine } from '../harness/netbox/netbox-objects.ts';
import { webhookSecret } from './api-server.ts';

/** A webhook as NetBox sends it for a virtual machine that was changed, and how it is sent. */
export function signedWebhook({
  timestamp = '2026-01-02T03:04:05.123456+00:00',
  secret = webhookSecret,
  more = {},
}: {
  readonly timestamp?: string;
  readonly secret?: string;
  readonly more?: Readonly<Record<string, unknown>>;
} = {}): { readonly raw: Buffer; readonly headers: Readonly<Record<string, string>> } {
  const raw = Buffer.from(
    JSON.stringify({
      event: 'updated',
      timestamp,
      object_type: 'virtualization.virtualmachine',
      username: 'claire',
      request_id: randomUUID(),
      data: virtualMachine(1),
      snapshots: { prechange: null, postchange: {} },
      ...more,
    }),
  );
  return { raw, headers: { 'X-Hook-Signature': createHmac('sha512', secret).update(raw).digest('hex') } };
}
