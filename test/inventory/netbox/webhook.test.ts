import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNetboxWebhook, verifyNetboxWebhook } from '../../../server/inventory/netbox/webhook.ts';
import { instanceId } from '../../harness/inventory-file.ts';
import { virtualMachine, vmInterface } from '../../harness/netbox/netbox-objects.ts';

const secret = 'a secret of the webhook';
const start = Date.parse('2026-01-02T03:04:05Z');

function body(more: Readonly<Record<string, unknown>> = {}): Buffer {
  return Buffer.from(
    JSON.stringify({
      event: 'updated',
      timestamp: '2026-01-02T03:04:05.123456+00:00',
      object_type: 'virtualization.virtualmachine',
      username: 'claire',
      request_id: '17af32f0-852a-46ca-a7d4-33ecd0c13de6',
      data: virtualMachine(1),
      snapshots: { prechange: null, postchange: {} },
      ...more,
    }),
  );
}

function sign(bytes: Uint8Array, key = secret): string {
  return createHmac('sha512', key).update(bytes).digest('hex');
}

function webhook(now = start, options = {}) {
  const time = { now };
  const receiver = createNetboxWebhook({ secret, clock: { now: () => new Date(time.now) } }, options);
  return {
    time,
    receive: (bytes: Buffer, signature = sign(bytes)) => receiver.receive(bytes, signature),
    receiver,
  };
}

describe('a webhook that NetBox signed', () => {
  test('hints at its instance', () => {
    const { receive } = webhook();
    expect(receive(body())).toEqual({ kind: 'accepted', hint: { instance: instanceId(1) } });
    expect(receive(body({ event: 'deleted', object_type: undefined, model: 'virtualmachine' }))).toEqual({
      kind: 'accepted',
      hint: { instance: instanceId(1) },
    });
  });

  test('about something else hints at nothing in particular', () => {
    const { receive } = webhook();
    for (const more of [
      { object_type: 'virtualization.vminterface', data: vmInterface(1, 1) },
      { data: virtualMachine(1, { serial: 'SN-7' }) },
      { data: null },
    ]) {
      expect(receive(body(more))).toEqual({ kind: 'accepted', hint: { instance: undefined } });
    }
  });

  test('takes the UUID from where the inventory takes it', () => {
    const { receive } = webhook(start, { id: ['custom_fields.uuid', 'serial'] });
    const data = virtualMachine(1, { custom_fields: { uuid: instanceId(2).toUpperCase() } });
    expect(receive(body({ data }))).toMatchObject({ hint: { instance: instanceId(2) } });
    expect(receive(body())).toMatchObject({ hint: { instance: instanceId(1) } });
  });

  test('is taken once, also at the edge of its window', () => {
    const { receive, time } = webhook();
    expect(receive(body()).kind).toBe('accepted');
    expect(receive(body())).toEqual({ kind: 'repeated' });
    time.now = start + 300_000;
    expect(receive(body())).toEqual({ kind: 'repeated' });
    time.now = start + 300_124;
    expect(receive(body())).toEqual({ kind: 'refused', reason: 'out-of-time' });
  });

  test('of one request with others counts for itself', () => {
    const { receive } = webhook();
    for (const id of [1, 2, 3]) expect(receive(body({ data: virtualMachine(id) })).kind).toBe('accepted');
  });

  test('is refused when too many came, until some have left the window', () => {
    const { receive, time } = webhook(start, { remembered: 2 });
    for (const id of [1, 2]) receive(body({ data: virtualMachine(id) }));
    expect(receive(body({ data: virtualMachine(3) }))).toEqual({ kind: 'refused', reason: 'too-many' });
    time.now = start + 400_000;
    const timestamp = new Date(time.now).toISOString();
    expect(receive(body({ timestamp })).kind).toBe('accepted');
  });
});

describe('a webhook is refused', () => {
  test.each([
    ['from the past', { timestamp: '2026-01-02T02:00:00Z' }, 'out-of-time'],
    ['from the future', { timestamp: '2026-01-02T04:00:00Z' }, 'out-of-time'],
    ['at no time', { timestamp: 'yesterday' }, 'out-of-time'],
    ['without time', { timestamp: null }, 'not-a-webhook'],
    ['without request', { request_id: undefined }, 'not-a-webhook'],
    ['of an unknown event', { event: 'job_started' }, 'not-a-webhook'],
  ])('%s', (_, more, reason) => {
    expect(webhook().receive(body(more))).toEqual({ kind: 'refused', reason });
  });

  test('that is not JSON, or hostile JSON', () => {
    const { receive } = webhook();
    for (const text of [
      '',
      'x',
      '[]',
      'null',
      '['.repeat(100_000),
      '{"event":"created","event":"updated"}',
    ]) {
      expect(receive(Buffer.from(text))).toEqual({ kind: 'refused', reason: 'not-a-webhook' });
    }
  });

  test('without signature, or with that of another secret or body', () => {
    const { receive, receiver } = webhook();
    expect(receiver.receive(body(), undefined)).toEqual({ kind: 'refused', reason: 'not-signed' });
    const good = sign(body());
    for (const signature of [
      '',
      good.slice(2),
      `${good}00`,
      good.toUpperCase(),
      `sha512=${good}`,
      sign(body(), 'x'),
    ]) {
      expect(receive(body(), signature)).toEqual({ kind: 'refused', reason: 'wrong-signature' });
    }
    expect(receive(body({ username: 'mallory' }), good)).toEqual({
      kind: 'refused',
      reason: 'wrong-signature',
    });
  });

  test('where no secret is set', () => {
    expect(verifyNetboxWebhook(body(), sign(body(), ''), '')).toBe(false);
  });
});

test('no changed bit goes unnoticed', () => {
  const bytes = body();
  const signature = sign(bytes);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << bit);
      expect(verifyNetboxWebhook(changed, signature, secret)).toBe(false);
    }),
  );
});
