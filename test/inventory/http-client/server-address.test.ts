import { expect, test } from 'vitest';
import { isLocalAddress } from '../../../server/inventory/http-client/server-address.ts';

test.each([
  ['127.0.0.1', true],
  ['169.254.169.254', true],
  ['::1', true],
  ['fe80::1', true],
  ['::ffff:169.254.169.254', true],
  ['0.0.0.0', true],
  ['::', true],
  ['not an address', true],
  ['10.0.0.1', false],
  ['192.0.2.1', false],
  ['2001:db8::1', false],
])('a name that leads to %s: refused %s', (address, isLocal) => {
  expect(isLocalAddress(address)).toBe(isLocal);
});
