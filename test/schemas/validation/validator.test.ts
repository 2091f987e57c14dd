import { describe, expect, it } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';

const validators = createValidators();
const rest = {
  signing: { keyFile: 'k' },
  inventories: [{ name: 'cmdb', kind: 'file', path: 'i.csv' }],
  directory: { name: 'ldap', kind: 'ldap', url: 'ldaps://ldap.example', baseDn: 'dc=example' },
  policy: { files: ['p.yaml'] },
};

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
