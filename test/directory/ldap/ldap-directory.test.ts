import { describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import {
  createLdapDirectory,
  type LdapDirectoryOptions,
} from '../../../server/directory/ldap/ldap-directory.ts';

const validators = createValidators();

function directory(options: Partial<LdapDirectoryOptions> & { readonly url: string }) {
  return createLdapDirectory({
    name: 'corp',
    bindDn: 'cn=reader',
    password: 'secret-word',
    baseDn: 'dc=example,dc=com',
    pageSize: 2,
    minimumUid: 1000,
    connectTimeoutMs: 5000,
    operationTimeoutMs: 5000,
    validators,
    ...options,
  });
}

describe('what is refused before anything is sent', () => {
  test.each([
    ['ldap://192.0.2.1', 'plain text'],
    ['ldap://localhost', 'plain text'],
    ['http://127.0.0.1', 'no LDAP URL'],
    ['ldaps://127.0.0.1/dc=x', 'more than host and port'],
    ['ldaps://user:word@127.0.0.1', 'more than host and port'],
    ['ldaps://', 'no LDAP URL'],
  ])('%s', (url, why) => {
    expect(() => directory({ url })).toThrow(expect.objectContaining({ code: 'configuration-invalid' }));
    expect(() => directory({ url })).toThrow(why);
  });

  test('a bind DN without password, or a SASL mechanism in its place', () => {
    const url = 'ldaps://127.0.0.1';
    expect(() => directory({ url, password: undefined })).toThrow('has no password');
    expect(() => directory({ url, bindDn: 'PLAIN' })).toThrow('bindDn is no DN');
  });
});
