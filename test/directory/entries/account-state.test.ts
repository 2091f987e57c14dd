import { describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { createEntryMapping } from '../../../server/directory/entries/snapshot.ts';
import { entryOf } from '../../harness/directory-entry.ts';

const validators = createValidators();
/** Before every end that is tried. */
const longAgo = '1960-01-01T00:00:00Z';

function read(state: Readonly<Record<string, string | readonly string[]>>, now = longAgo) {
  const clock = { now: () => new Date(now) };
  const map = createEntryMapping({ source: 'corp', minimumUid: 1000, validators, clock });
  const attributes = {
    uid: 'alice',
    cn: 'Alice',
    uidNumber: '5001',
    gidNumber: '6000',
    homeDirectory: '/home/alice',
  };
  const entry = entryOf('uid=alice,dc=x', { ...attributes, ...state });
  const { accounts, disabled, rejected } = map({ accounts: [entry], groups: [], sudoRoles: [] });
  return { account: accounts[0], reason: disabled?.[0]?.reason, fields: rejected.map(({ field }) => field) };
}

test.each([
  [{ nsAccountLock: 'TRUE' }, 'nsAccountLock is TRUE'],
  [{ nsAccountLock: 'true' }, 'nsAccountLock is TRUE'],
  [{ loginDisabled: 'TRUE' }, 'loginDisabled is TRUE'],
  [{ userAccountControl: '514' }, 'userAccountControl has ACCOUNTDISABLE'],
  [{ 'msDS-UserAccountDisabled': 'TRUE' }, 'msDS-UserAccountDisabled is TRUE'],
  [{ pwdAccountLockedTime: '000001010000Z' }, 'pwdAccountLockedTime is 000001010000Z'],
])('%j is locked', (state, reason) => {
  expect(read(state)).toEqual({ account: undefined, reason, fields: [] });
});

test.each([
  [{}],
  [{ nsAccountLock: 'FALSE', loginDisabled: 'FALSE' }],
  [{ userAccountControl: '512' }],
  [{ userAccountControl: '66048', accountExpires: '0' }],
  [{ accountExpires: '9223372036854775807', shadowExpire: '-1' }],
  // Years after 9999.
  [{ accountExpires: '9223372036854775806', shadowExpire: '9999999' }],
  // Locked out after wrong passwords, which anybody can cause.
  [{ pwdAccountLockedTime: '20260101000000Z' }],
])('%j is neither locked nor ends', (state) => {
  const { account, reason, fields } = read(state);
  expect({ reason, fields }).toEqual({ reason: undefined, fields: [] });
  expect(account?.name).toBe('alice');
  expect(account?.notAfter).toBeUndefined();
});

test.each([
  [{ shadowExpire: '0' }, '1970-01-01T00:00:00Z', 'shadowExpire'],
  [{ shadowExpire: '21915' }, '2030-01-01T00:00:00Z', 'shadowExpire'],
  [{ accountExpires: '133484544000000000' }, '2023-12-31T00:00:00Z', 'accountExpires'],
  [{ accountExpires: '1' }, '1970-01-01T00:00:00Z', 'accountExpires'],
  [{ krbPrincipalExpiration: '20300101000000Z' }, '2030-01-01T00:00:00Z', 'krbPrincipalExpiration'],
  [{ loginExpirationTime: '20300101000000Z' }, '2030-01-01T00:00:00Z', 'loginExpirationTime'],
  [{ pwdEndTime: '20300101000000Z' }, '2030-01-01T00:00:00Z', 'pwdEndTime'],
  [
    { shadowExpire: '21916', krbPrincipalExpiration: '20300101000000Z' },
    '2030-01-01T00:00:00Z',
    'krbPrincipalExpiration',
  ],
])('%j ends', (state, notAfter, notAfterFrom) => {
  expect(read(state).account).toMatchObject({ notAfter, notAfterFrom });
});

test.each([
  [{ shadowExpire: '21915' }, '2030-01-01T00:00:00Z', 'shadowExpire is past: 2030-01-01T00:00:00Z'],
  [{ shadowExpire: '21915' }, '2029-12-31T23:59:59Z', undefined],
  [{ shadowExpire: '1' }, '2026-01-01T00:00:00Z', 'shadowExpire is past: 1970-01-02T00:00:00Z'],
  [{ accountExpires: '1' }, '2026-01-01T00:00:00Z', 'accountExpires is past: 1970-01-01T00:00:00Z'],
  [
    { krbPrincipalExpiration: '20250101000000Z' },
    '2026-01-01T00:00:00Z',
    'krbPrincipalExpiration is past: 2025-01-01T00:00:00Z',
  ],
  [{ pwdEndTime: '20250101000000Z' }, '2026-01-01T00:00:00Z', 'pwdEndTime is past: 2025-01-01T00:00:00Z'],
  [
    { pwdStartTime: '20270101000000Z' },
    '2026-01-01T00:00:00Z',
    'pwdStartTime is to come: 2027-01-01T00:00:00Z',
  ],
  [{ pwdStartTime: '20250101000000Z' }, '2026-01-01T00:00:00Z', undefined],
])('%j at %s counts as locked: %s', (state, now, reason) => {
  const outcome = read(state, now);
  expect(outcome.reason).toBe(reason);
  expect(outcome.account === undefined).toBe(reason !== undefined);
  expect(outcome.fields).toEqual([]);
});

describe('an account is refused for a state that is not understood', () => {
  test.each([
    [{ nsAccountLock: 'yes' }],
    [{ nsAccountLock: ['FALSE', 'TRUE'] }],
    [{ loginDisabled: '' }],
    [{ userAccountControl: '0x2' }],
    [{ shadowExpire: '-2' }],
    [{ shadowExpire: 'soon' }],
    [{ shadowExpire: ['1', '2'] }],
    [{ accountExpires: '-1' }],
    [{ krbPrincipalExpiration: '2030' }],
    [{ 'nsAccountLock;x-old': 'TRUE' }],
  ])('%j', (state) => {
    const { account, fields } = read(state);
    expect(account).toBeUndefined();
    expect(fields).toEqual([Object.keys(state)[0]?.replace(/;.*/, '')]);
  });
});
