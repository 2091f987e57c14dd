import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createGuestComposer } from '../../../server/domain/compose/compose-guest.ts';
import { indexDirectory } from '../../../server/domain/compose/directory-index.ts';
import { contentHash } from '../../../server/domain/content-hash.ts';
import { sampleDirectory, samplePolicy, sampleRecord } from '../sample.ts';
import { dress } from './dress.ts';

const script = { name: 'hello', content: '#!/bin/sh\necho hello\n' };

describe('several rules for one path or name', () => {
  test('the last that matches wins, and explain marks the others', () => {
    const files = [
      { path: '/etc/motd', content: 'one' },
      { path: '/etc/issue', content: 'x' },
      { path: '/etc/motd', content: 'two', mode: '0600' },
      { path: '/etc/motd', match: { project: ['db'] }, content: 'three' },
    ];
    const { guest, sources } = dress({ files });
    expect(guest.files.map(({ path, content }) => [path, content])).toEqual([
      ['/etc/issue', 'x'],
      ['/etc/motd', 'two'],
    ]);
    expect(sources('files', '/etc/motd')).toEqual(['policy files 3', '[policy files 1]']);
  });

  test('a script stands in the place of the first', () => {
    const scripts = [script, { ...script, name: 'other' }, { ...script, timeoutSeconds: 5 }];
    expect(
      dress({ scripts }).guest.scripts.map(({ name, timeoutSeconds }) => [name, timeoutSeconds]),
    ).toEqual([
      ['hello', 5],
      ['other', 60],
    ]);
  });
});

describe('templates', () => {
  const template = { path: '/etc/who', template: true, content: '{{ hostname }} {{ instance.owner }}\n' };
  const compose = (policy: Parameters<typeof samplePolicy>[0]) => {
    const composer = createGuestComposer(indexDirectory('ldap', sampleDirectory()), samplePolicy(policy));
    return (changes: Parameters<typeof sampleRecord>[0]) =>
      composer.compose({ record: sampleRecord(changes), inventory: 'cmdb', locator: 'line 2' });
  };
  const payload = (composed: ReturnType<ReturnType<typeof compose>>) => {
    if (composed.kind === 'refused') throw new Error(JSON.stringify(composed.problems));
    return composed.composition.parts.payload;
  };

  test('are filled in for each guest; all else stays shared', () => {
    const composeOne = compose({
      files: [template],
      scripts: [{ ...script, template: true, content: '#!/bin/sh\n{{ hostname }}\n' }],
    });
    const one = payload(composeOne({})).value;
    expect(one.files[0]?.content).toBe('web-01 web-team\n');
    const content = '#!/bin/sh\nweb-01\n';
    expect(one.contents).toEqual([{ name: 'hello', content }]);
    expect(one.scripts[0]?.sha256).toBe(createHash('sha256').update(content).digest('hex'));
    expect(payload(composeOne({ name: 'web-02' })).value.files[0]?.content).toBe('web-02 web-team\n');

    const plain = compose({});
    expect(payload(plain({}))).toBe(payload(plain({ name: 'web-02' })));
  });

  test('that lose to another rule are not filled in', () => {
    const files = [
      { ...template, content: '{{ instance.creator }}' },
      { path: '/etc/who', content: 'nobody' },
    ];
    expect(dress({ files }).guest.files[0]?.content).toBe('nobody');
  });

  test('that lack a value refuse the guest with file, rule and place', () => {
    const files = [{ ...template, content: 'a\n{{ instance.creator }}' }];
    expect(compose({ files })({})).toEqual({
      kind: 'refused',
      problems: [
        {
          source: 'policy.yaml',
          record: 'files 1',
          field: 'line 8',
          message: '/etc/who: `instance.creator` (line 2 of the content) is not there',
          remedy: expect.stringContaining('| default:'),
        },
      ],
    });
  });

  test('give equal content for equal guests, in whatever order tags stand', () => {
    const composeOne = compose({ files: [{ ...template, content: '{{ tags | join: " " }}' }] });
    const hash = (tags: string[]): string => {
      const composed = composeOne({ tags });
      if (composed.kind === 'refused') throw new Error('refused');
      return contentHash(composed.composition);
    };
    expect(hash(['b', 'a'])).toBe(hash(['a', 'b']));
  });
});

test('guests to which the same applies share their list of problems', () => {
  const policy = samplePolicy({ access: [{ name: 'typo', groups: ['nobody'] }] });
  const composer = createGuestComposer(indexDirectory('ldap', sampleDirectory()), policy);
  const problems = ['web-01', 'web-02'].map(
    (name) => composer.compose({ record: sampleRecord({ name }), inventory: 'cmdb', locator: name }).problems,
  );
  expect(problems[0]).toHaveLength(1);
  expect(problems[0]).toBe(problems[1]);
});
