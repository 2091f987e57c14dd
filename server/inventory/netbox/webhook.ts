import { createHmac, timingSafeEqual } from 'node:crypto';
import { readJsonDocument } from '../../../schemas/validation/json-document.ts';
import type { Clock } from '../../domain/clock.ts';
import { type InstanceId, parseInstanceId } from '../../domain/identifiers.ts';
import { defaultMapping, type NetboxMapping } from './mapping.ts';
import { valueAt } from './rows/value-at.ts';

/**
 * What a webhook hints at. It is no truth: NetBox sends it once, perhaps never or late, and without the config context.
 * What has changed is to be read from NetBox.
 */
export interface NetboxHint {
  /** The instance, where the webhook is about a virtual machine and tells its UUID; otherwise any may be affected. */
  readonly instance: InstanceId | undefined;
}

/** Whether a webhook is NetBox's own and new. */
export type WebhookVerdict =
  | { readonly kind: 'accepted'; readonly hint: NetboxHint }
  /** Seen before: nothing is to be done, and the sender need not send it again. */
  | { readonly kind: 'repeated' }
  | {
      readonly kind: 'refused';
      readonly reason: 'not-signed' | 'wrong-signature' | 'not-a-webhook' | 'out-of-time' | 'too-many';
    };

/** Judges webhooks, and remembers those it accepted. */
export interface NetboxWebhook {
  /** @param signature the header `X-Hook-Signature`. @param rawBody as it came, before any parsing */
  receive(rawBody: Uint8Array, signature: string | undefined): WebhookVerdict;
}

/** What webhooks are judged with. */
export interface NetboxWebhookPorts {
  /** The webhook's secret in NetBox. Without one NetBox signs nothing, and nothing is accepted. */
  readonly secret: string;
  readonly clock: Clock;
}

/** Bounds of judging webhooks. */
export interface NetboxWebhookOptions {
  /** Where the UUID stands; as for the inventory. */
  readonly id?: NetboxMapping['id'];
  /** How far a webhook's time may be from ours. Within it no webhook is accepted twice. */
  readonly windowMs?: number;
  /** Webhooks remembered within the window; further ones are refused, as what was forgotten could be replayed. */
  readonly remembered?: number;
}

const sha512Hex = /^[0-9a-f]{128}$/;

/**
 * Whether NetBox signed a body: `X-Hook-Signature` is its HMAC-SHA512 in lower-case hexadecimal. Takes the same time
 * wherever a signature differs.
 */
export function verifyNetboxWebhook(rawBody: Uint8Array, signature: string, secret: string): boolean {
  if (secret === '' || !sha512Hex.test(signature)) return false;
  const expected = createHmac('sha512', secret).update(rawBody).digest();
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
}

export function createNetboxWebhook(
  { secret, clock }: NetboxWebhookPorts,
  { id = defaultMapping.id, windowMs = 300_000, remembered = 65_536 }: NetboxWebhookOptions = {},
): NetboxWebhook {
  /**
   * Times at which accepted webhooks leave the window, by signature, which stands for the whole body with time and
   * request_id; one request that changes many objects makes many webhooks of the same request_id.
   */
  const seen = new Map<string, number>();

  return {
    receive(rawBody, signature) {
      if (signature === undefined) return { kind: 'refused', reason: 'not-signed' };
      if (!verifyNetboxWebhook(rawBody, signature, secret)) {
        return { kind: 'refused', reason: 'wrong-signature' };
      }
      const event = readEvent(rawBody, id);
      if (event === undefined) return { kind: 'refused', reason: 'not-a-webhook' };
      const now = clock.now().getTime();
      if (!(Math.abs(now - event.time) <= windowMs)) return { kind: 'refused', reason: 'out-of-time' };
      if (seen.has(signature)) return { kind: 'repeated' };
      if (seen.size >= remembered) {
        for (const [known, leaves] of seen) if (leaves < now) seen.delete(known);
        if (seen.size >= remembered) return { kind: 'refused', reason: 'too-many' };
      }
      seen.set(signature, event.time + windowMs);
      return { kind: 'accepted', hint: event.hint };
    },
  };
}

interface WebhookEvent {
  readonly time: number;
  readonly hint: NetboxHint;
}

function readEvent(rawBody: Uint8Array, paths: NetboxMapping['id']): WebhookEvent | undefined {
  const reading = readJsonDocument(Buffer.from(rawBody).toString('utf8'));
  if (reading.kind === 'invalid') return undefined;
  const { value } = reading;
  const timestamp = valueAt(value, 'timestamp');
  const isEvent = ['created', 'updated', 'deleted'].includes(String(valueAt(value, 'event')));
  if (!isEvent || typeof timestamp !== 'string' || typeof valueAt(value, 'request_id') !== 'string') {
    return undefined;
  }
  return { time: new Date(timestamp).getTime(), hint: { instance: instanceOf(value, paths) } };
}

function instanceOf(body: unknown, paths: NetboxMapping['id']): InstanceId | undefined {
  // `model` is what NetBox before 4.1 calls it.
  const type = valueAt(body, 'object_type') ?? valueAt(body, 'model');
  if (type !== 'virtualization.virtualmachine' && type !== 'virtualmachine') return undefined;
  for (const path of paths) {
    const found = valueAt(body, `data.${path}`);
    if (found !== undefined) return typeof found === 'string' ? parseInstanceId(found) : undefined;
  }
  return undefined;
}
