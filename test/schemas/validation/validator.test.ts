import { describe, expect, it } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';

const validators = createValidators();
const rest = {
  signing: { keyFile: 'k' },
  inventories: [{ name: 'cmdb', kind: 'file', path: 'i.csv' }],
  directory: { name: 'ldap', kind: 'ldap', url: 'ldaps://ldap.example', baseDn: 'dc=example' },
  policy: { files: ['p.yaml'] },
};

describe('problems', () => {
  const problemsOf = (policy: unknown): readonly unknown[] => {
    const validated = validators.policy(policy);
    return validated.kind === 'invalid'
      ? validated.problems.map(({ pointer, message }) => `${pointer} ${message}`)
      : [];
  };

  it('name the fields of which one is needed', () => {
    expect(validators.policy({ access: [{ name: 'ops' }] })).toEqual({
      kind: 'invalid',
      problems: [
        {
          pointer: '/access/0',
          message: 'has none of the fields `groups` and `accounts`',
          remedy: 'add one of them',
        },
      ],
    });
  });

  it('say what a value that fits no form misses, not how the schema is built', () => {
    expect(problemsOf({ defaults: { ntp: { servers: ['A B'] } } })).toEqual([
      '/defaults/ntp/servers/0 has characters or a form that are not allowed here',
      '/defaults/ntp/servers/0 is not a valid ip',
    ]);
  });

  it('of bounds are in words', () => {
    const rule = { name: 'a', users: ['b', 'b'], commands: [] };
    const account = {
      name: 'x',
      uid: 0,
      gid: 65534,
      shell: '/bin/sh',
      home: '/home/x',
      keys: ['k'],
      sudo: true,
    };
    expect(problemsOf({ sudoRules: [rule], breakGlass: [account] })).toEqual([
      '/sudoRules/0/users/1 stands twice in the list',
      '/sudoRules/0/commands is empty',
      '/breakGlass/0/uid is below 1',
      '/breakGlass/0/gid is a value that is reserved',
    ]);
  });

  it('of a key say so once, without the key', () => {
    expect(problemsOf({ sites: { 'a\nb': {} } })).toEqual([
      '/sites has a key that has characters or a form that are not allowed here',
    ]);
  });
});

describe('server configuration', () => {
  it('applies defaults at every level, in the branch that `kind` names too', () => {
    const value = structuredClone({
      ...rest,
      store: { kind: 'postgres', host: 'db', database: 'ubugi', user: 'ubugi' },
    });
    expect(validators.serverConfiguration(value)).toMatchObject({
      kind: 'valid',
      value: {
        listen: { address: '127.0.0.1', port: 7480 },
        store: { port: 5432, poolSize: 10 },
        directory: { pageSize: 500 },
        drive: { concurrency: 16 },
        sync: { intervalSeconds: 300 },
        log: { level: 'info' },
      },
    });
  });

  it('says which kinds there are', () => {
    const value = structuredClone({ ...rest, store: { kind: 'mysql' } });
    expect(validators.serverConfiguration(value)).toEqual({
      kind: 'invalid',
      problems: [
        {
          pointer: '/store/kind',
          message: 'is not one of the known kinds',
          remedy: 'use sqlite or postgres',
        },
      ],
    });
  });

  it('complains of the branch that `kind` names only', () => {
    const value = structuredClone({ ...rest, store: { kind: 'sqlite', host: 'db' } });
    expect(validators.serverConfiguration(value)).toMatchObject({
      kind: 'invalid',
      problems: [
        { pointer: '/store', message: 'misses the field `path`' },
        { pointer: '/store/host', message: 'is not a known field' },
      ],
    });
  });
});
