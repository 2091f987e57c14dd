import type { WebhookReceipt } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import type { NetboxHint, NetboxWebhook, WebhookVerdict } from '../../inventory/netbox/webhook.ts';
import type { AppPorts } from '../app-ports.ts';
import { readBounded } from '../json-body.ts';
import { jsonResponse } from '../route.ts';
import { createRateLimit } from './rate-limit.ts';

/** What webhooks of NetBox are received with. */
export interface NetboxWebhookPort {
  readonly webhook: NetboxWebhook;
  /** Called for each that is NetBox's own and new. */
  readonly accepted: (hint: NetboxHint) => void;
}

/** Receives webhooks of NetBox, which have a signature in place of a token. */
export interface NetboxReceiver {
  /**
   * Answers 202, or 200 for one that was received before. Fails with `unauthorized`, `not-found` where none are
   * configured, `too-large`, `too-many-requests`, `request-invalid`, and `conflict` for one out of its time.
   */
  receive(request: Request): Promise<Response>;
}

/** Bytes of a body. NetBox sends a record twice or three times in one. */
export const webhookLimit = 1024 * 1024;

const signatureForm = /^[0-9a-f]{128}$/;
/** A bulk edit sends one for each record. */
const pace = { burst: 2000, perSecond: 100 } as const;
/** Bodies that are read at the same time: whoever sends them is not known until they are there. */
const mostReading = 64;
/** Wrong signatures are told of once within this time, so that nobody can fill the audit trail. */
const tellEveryMs = 300_000;

/** Creates the receiver. */
export function createNetboxReceiver(ports: AppPorts): NetboxReceiver {
  const { netboxWebhook, metrics, clock } = ports;
  if (netboxWebhook === undefined) return { receive: (request) => refuseUnconfigured(ports, request) };
  const { webhook, accepted } = netboxWebhook;
  const rate = createRateLimit({ clock }, pace);
  const warn = createSignatureWarning(ports);
  let reading = 0;

  async function read(request: Request): Promise<Buffer> {
    if (reading >= mostReading || !rate.take()) {
      metrics.countWebhook('too-fast');
      throw new AppError('too-many-requests', 'too many webhooks at a time; send it again later');
    }
    reading += 1;
    try {
      return await readBounded(request, webhookLimit);
    } catch (error) {
      if (error instanceof AppError) metrics.countWebhook('too-large');
      throw error;
    } finally {
      reading -= 1;
    }
  }

  return {
    receive: async (request) => {
      const signature = request.headers.get('x-hook-signature') ?? '';
      if (!signatureForm.test(signature)) {
        metrics.countWebhook('not-signed');
        throw notSigned();
      }
      const verdict = webhook.receive(await read(request), signature);
      metrics.countWebhook(verdict.kind === 'refused' ? verdict.reason : verdict.kind);
      if (verdict.kind === 'refused') {
        if (verdict.reason === 'wrong-signature') await warn();
        throw refusal(verdict.reason);
      }
      if (verdict.kind === 'accepted') accepted(verdict.hint);
      const body: WebhookReceipt = { outcome: verdict.kind };
      return jsonResponse(body, { status: verdict.kind === 'accepted' ? 202 : 200 });
    },
  };
}

/** Who does not even say that it is signed is told what any stranger is told. */
function refuseUnconfigured({ metrics }: AppPorts, request: Request): Promise<never> {
  metrics.countWebhook('not-configured');
  return Promise.reject(
    request.headers.has('x-hook-signature')
      ? new AppError('not-found', 'webhooks of NetBox are not configured; set webhooks.netbox.secretFile')
      : notSigned(),
  );
}

function notSigned(): AppError {
  return new AppError(
    'unauthorized',
    'the webhook is not signed; set a secret for it in NetBox, the same that webhooks.netbox.secretFile holds',
  );
}

function refusal(reason: Extract<WebhookVerdict, { readonly kind: 'refused' }>['reason']): AppError {
  switch (reason) {
    case 'not-signed':
      return notSigned();
    case 'wrong-signature':
      return new AppError(
        'unauthorized',
        'the signature is wrong; the secret of the webhook in NetBox must be the one that webhooks.netbox.secretFile holds',
      );
    case 'not-a-webhook':
      return new AppError(
        'request-invalid',
        'the body is no webhook of NetBox; leave its body template empty, and send it as application/json',
      );
    case 'out-of-time':
      return new AppError(
        'conflict',
        'the time of the webhook is too far from ours; set the clocks of NetBox and this server',
      );
    case 'too-many':
      return new AppError(
        'too-many-requests',
        'more webhooks than can be remembered; the next sync reads what changed all the same',
      );
  }
}

/** Writes an event of wrong signatures, the first at once and the others summed up. */
function createSignatureWarning({ store, clock, log }: AppPorts): () => Promise<void> {
  let toldAt = Number.NEGATIVE_INFINITY;
  let count = 0;
  return async () => {
    count += 1;
    const now = clock.now();
    if (now.getTime() - toldAt < tellEveryMs) return;
    const told = { at: toldAt, count };
    toldAt = now.getTime();
    count = 0;
    try {
      await store.transaction((transaction) =>
        transaction.appendEvent({
          at: now.toISOString(),
          actor: 'webhook:netbox',
          action: 'webhook-refused',
          instance: null,
          reason: 'its signature is wrong: somebody else sent it, or the secrets differ',
          details: { refused: told.count },
        }),
      );
    } catch (error) {
      toldAt = told.at;
      count = told.count;
      log.warn({ err: error }, 'a webhook with a wrong signature could not be noted');
    }
  };
}
