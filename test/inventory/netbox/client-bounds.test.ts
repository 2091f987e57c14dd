import { describe, expect, test } from 'vitest';
import { authorizationHeader } from '../../../server/inventory/netbox/client/authorization.ts';
import { parseNetboxAddress } from '../../../server/inventory/netbox/client/netbox-address.ts';

describe('the address', () => {
  test.each([
    ['https://netbox.example.net', 'https://netbox.example.net/api/', 'https://netbox.example.net/', false],
    [
      'https://netbox.example.net/api/',
      'https://netbox.example.net/api/',
      'https://netbox.example.net/',
      false,
    ],
    [
      'https://it.example.net:8443/netbox/',
      'https://it.example.net:8443/netbox/api/',
      'https://it.example.net:8443/netbox/',
      false,
    ],
    ['https://192.0.2.7', 'https://192.0.2.7/api/', 'https://192.0.2.7/', true],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000/api/', 'http://127.0.0.1:8000/', true],
    ['http://[::1]/', 'http://[::1]/api/', 'http://[::1]/', true],
    ['http://localhost/', 'http://localhost/api/', 'http://localhost/', true],
  ])('%s', (text, api, shown, mayBeLocal) => {
    const address = parseNetboxAddress('cmdb', text);
    expect({ ...address, api: address.api.href }).toMatchObject({
      api,
      shown: `NetBox at ${shown}`,
      mayBeLocal,
    });
  });
});

test('the version of a token shows in its form', () => {
  const header = (token: string): string => authorizationHeader('cmdb', token);
  expect(header('nbt_Ab12.Cd34')).toBe('Bearer nbt_Ab12.Cd34');
  expect(header('0123456789ABCDEF0123456789abcdef01234567')).toMatch(/^Token 0123/);
  for (const token of [
    '',
    'nbt_Ab12',
    'nbt_.x',
    '0123',
    'nbt_a.b c',
    'Token 0123456789abcdef0123456789abcdef01234567',
  ]) {
    expect(() => header(token)).toThrow('no NetBox token');
  }
});
