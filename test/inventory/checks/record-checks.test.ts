import { describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { checkRecord } from '../../../server/inventory/checks/record-checks.ts';

const validate = createValidators().instanceRecord;
type Fields = Readonly<Record<string, unknown>>;

const base = {
  id: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a01',
  name: 'web-01',
  osFamily: 'debian',
  tags: [],
  interfaces: [],
};

/** Pointers of what is wrong with a record that the schema accepts. */
function wrong(more: Fields): readonly string[] {
  const validated = validate({ ...base, ...more });
  if (validated.kind === 'invalid')
    throw new Error(`the schema refuses it already: ${JSON.stringify(validated.problems)}`);
  return checkRecord(validated.value).map(({ pointer }) => pointer);
}

function port(more: Fields): Fields {
  return { interfaces: [{ mac: '52:54:00:12:34:56', ...more }] };
}

describe('good', () => {
  test.each<[string, Fields]>([
    ['nothing but a MAC', {}],
    [
      'both families',
      { addresses: ['192.0.2.10/24', '2001:db8::10/64'], gateway4: '192.0.2.1', gateway6: '2001:db8::1' },
    ],
    ['a link-local router', { addresses: ['2001:db8::10/64'], gateway6: 'fe80::1' }],
    ['both ends of a /31', { addresses: ['192.0.2.0/31'], gateway4: '192.0.2.1' }],
    ['a /32', { addresses: ['192.0.2.1/32'] }],
    ['a /127', { addresses: ['2001:db8::/127'] }],
    ['a route', { addresses: ['192.0.2.10/24'], routes: [{ to: '10.0.0.0/8', via: '192.0.2.254' }] }],
    ['a default route', { addresses: ['192.0.2.10/24'], routes: [{ to: '0.0.0.0/0', via: '192.0.2.254' }] }],
    ['a network that is not cut at a byte', { addresses: ['192.0.2.130/26'], gateway4: '192.0.2.190' }],
  ])('%s', (_name, interfaceFields) => {
    expect(wrong(port(interfaceFields))).toEqual([]);
  });
});

describe('wrong', () => {
  test.each<[string, Fields, string]>([
    ['the network’s address', { addresses: ['192.0.2.0/24'] }, 'addresses/0'],
    ['the broadcast address', { addresses: ['192.0.2.191/26'] }, 'addresses/0'],
    ['the anycast address of routers', { addresses: ['2001:db8::/64'] }, 'addresses/0'],
    ['multicast', { addresses: ['224.0.0.5/24'] }, 'addresses/0'],
    ['loopback', { addresses: ['127.0.0.2/8'] }, 'addresses/0'],
    ['IPv6 loopback', { addresses: ['::1/128'] }, 'addresses/0'],
    ['mapped IPv4', { addresses: ['::ffff:192.0.2.1/120'] }, 'addresses/0'],
    ['class E', { addresses: ['240.0.0.1/8'] }, 'addresses/0'],
    ['this network', { addresses: ['0.0.0.1/8'] }, 'addresses/0'],
    ['prefix 0', { addresses: ['192.0.2.1/0'] }, 'addresses/0'],
    ['one address twice', { addresses: ['2001:db8::1/64', '2001:DB8:0::1/64'] }, 'addresses/1'],
    ['a gateway elsewhere', { addresses: ['192.0.2.10/25'], gateway4: '192.0.2.200' }, 'gateway4'],
    ['a gateway without address', { gateway4: '192.0.2.1' }, 'gateway4'],
    ['a gateway that is itself', { addresses: ['192.0.2.10/24'], gateway4: '192.0.2.10' }, 'gateway4'],
    ['an IPv6 gateway elsewhere', { addresses: ['2001:db8::10/64'], gateway6: '2001:db8:1::1' }, 'gateway6'],
    [
      'a route of two families',
      { addresses: ['192.0.2.10/24'], routes: [{ to: '2001:db8::/32', via: '192.0.2.1' }] },
      'routes/0/via',
    ],
    [
      'a route over nobody',
      { addresses: ['192.0.2.10/24'], routes: [{ to: '10.0.0.0/8', via: '198.51.100.1' }] },
      'routes/0/via',
    ],
    [
      'a route with host bits',
      { addresses: ['192.0.2.10/24'], routes: [{ to: '10.0.0.1/8', via: '192.0.2.1' }] },
      'routes/0/to',
    ],
    ['an MTU too small for IPv6', { mtu: 1000, addresses: ['2001:db8::10/64'] }, 'mtu'],
    ['the null MAC', { mac: '00:00:00:00:00:00' }, 'mac'],
  ])('%s', (_name, interfaceFields, field) => {
    expect(wrong(port(interfaceFields))).toEqual([`/interfaces/0/${field}`]);
  });

  test('two interfaces with one MAC or address', () => {
    const one = { mac: '52:54:00:12:34:56', addresses: ['192.0.2.10/24'] };
    expect(wrong({ interfaces: [one, one] })).toEqual(['/interfaces/1/mac', '/interfaces/1/addresses/0']);
  });

  test('a nil UUID, a name that is no host’s, user-data that is no base64', () => {
    expect(wrong({ id: '00000000-0000-0000-0000-000000000000' })).toEqual(['/id']);
    expect(wrong({ id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' })).toEqual(['/id']);
    expect(wrong({ name: 'web_01' })).toEqual(['/hostname']);
    expect(wrong({ name: 'web_01', hostname: 'web-01' })).toEqual([]);
    expect(wrong({ name: 'Web-01.example.com' })).toEqual([]);
    expect(wrong({ userData: 'abc' })).toEqual(['/userData']);
  });
});
