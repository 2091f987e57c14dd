import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createValidators } from '../../schemas/validation/validator.ts';
import { createPolicySource } from '../../server/config/policy-files.ts';
import { scratchFolder, writeFiles } from './scratch-folder.ts';

const validators = createValidators();
const options = { minimumUid: 1000 };

const base = `defaults:
  domain: example.org
  dns: { servers: [192.0.2.1] }
sites:
  tokyo-1:
    domain: tokyo.example.org
    dns: { servers: [192.0.2.2] }
access:
  - name: ops
    groups: [ops]
`;
const local = `# comes later
sites:
  tokyo-1:
    dns:
      servers: [192.0.2.3]
  osaka/1: {}
access:
  - name: people
    accounts:
      - aiko
      - jiro
scripts:
  - name: last
    content: "#!/bin/sh"
`;

describe('joining', () => {
  it('appends lists, lets later files win in sites, and keeps the way back to file and line', async () => {
    const folder = writeFiles(scratchFolder(), { 'a.yaml': base, 'b.yaml': local });
    const document = await createPolicySource(
      [join(folder, 'a.yaml'), join(folder, 'b.yaml')],
      validators,
      options,
    ).load();

    expect(document.policy).toMatchObject({
      defaults: { domain: 'example.org', dns: { servers: ['192.0.2.1'] } },
      sites: {
        'tokyo-1': { domain: 'tokyo.example.org', dns: { servers: ['192.0.2.3'] } },
        'osaka/1': {},
      },
      access: [{ name: 'ops' }, { name: 'people' }],
      scripts: [{ name: 'last', timeoutSeconds: 60 }],
    });
    const places = Object.fromEntries(
      [
        '',
        '/defaults/dns/servers/0',
        '/sites/tokyo-1/domain',
        '/sites/tokyo-1/dns/servers/0',
        '/sites/osaka~11',
        '/sites/unknown',
        '/access/0/groups',
        '/access/1/accounts/1',
        '/scripts/0',
      ].map((pointer) => {
        const { file, line } = document.locate(pointer);
        return [pointer, `${file.slice(folder.length + 1)}:${line}`];
      }),
    );
    expect(places).toEqual({
      '': 'a.yaml:1',
      '/defaults/dns/servers/0': 'a.yaml:3',
      '/sites/tokyo-1/domain': 'a.yaml:6',
      '/sites/tokyo-1/dns/servers/0': 'b.yaml:5',
      '/sites/osaka~11': 'b.yaml:6',
      '/sites/unknown': 'a.yaml:1',
      '/access/0/groups': 'a.yaml:10',
      '/access/1/accounts/1': 'b.yaml:11',
      '/scripts/0': 'b.yaml:13',
    });
  });

  it('joins every list of the policy', async () => {
    const rules = {
      access: '- { name: a, groups: [g] }',
      sudo: '- { name: a, roles: [r] }',
      sudoRules: '- { name: a, users: [u], commands: [ALL] }',
      failure: '- { onFailure: stop }',
      guests: '- { name: a, guest: cloud-config }',
      files: '- { path: /a, content: a }',
      scripts: '- { name: a, content: "#!/bin/sh" }',
    };
    const text = Object.entries(rules).map(([name, rule]) => `${name}:\n  ${rule}\n`);
    const folder = writeFiles(scratchFolder(), { 'a.yaml': text.join(''), 'b.yaml': text.join('') });
    const paths = [join(folder, 'a.yaml'), join(folder, 'b.yaml')];
    const document = await createPolicySource(paths, validators, options).load();
    const names = Object.keys(rules) as (keyof typeof rules)[];
    const joined = names.map((name) => [
      name,
      document.policy[name]?.length,
      document.locate(`/${name}/1`).file,
    ]);
    expect(joined).toEqual(names.map((name) => [name, 2, paths[1]]));
  });

  it('gives the same version for the same content only', async () => {
    const folder = writeFiles(scratchFolder(), { 'a.yaml': base, 'b.yaml': local, 'c.yaml': base });
    const version = async (...names: readonly string[]): Promise<string> => {
      const document = await createPolicySource(
        names.map((name) => join(folder, name)),
        validators,
        options,
      ).load();
      return document.version;
    };
    expect(await version('a.yaml')).toMatch(/^[0-9a-f]{64}$/);
    expect(await version('a.yaml')).toBe(await version('c.yaml'));
    expect(await version('a.yaml', 'b.yaml')).not.toBe(await version('b.yaml', 'a.yaml'));
  });

  it('fails with every problem of every file', async () => {
    const folder = writeFiles(scratchFolder(), {
      'a.yaml': 'acess: []\nsudo: 1\n',
      'b.yaml': 'files: [{ path: ../x, content: y }]\n',
    });
    const files = ['a.yaml', 'b.yaml', 'c.yaml'].map((name) => join(folder, name));
    await expect(createPolicySource(files, validators, options).load()).rejects.toMatchObject({
      code: 'policy-invalid',
      message: `${folder}/a.yaml:1: /acess is not a known field; remove it or correct its name, and 3 more`,
      details: {
        problems: [
          { source: files[0], record: 'line 1', field: '/acess' },
          { source: files[0], record: 'line 2', field: '/sudo' },
          { source: files[1], record: 'line 1', field: '/files/0/path' },
          { source: files[2], record: 'line 1', field: '', message: 'cannot be read (ENOENT)' },
        ],
      },
    });
  });
});
