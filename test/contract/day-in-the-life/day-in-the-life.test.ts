import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { renderSudoers } from '../../../schemas/sudoers/fragments.ts';
import { ed25519Line } from '../../harness/ssh-keys.ts';
import { type Day, startDay } from './day.ts';
import { idOf, order, places, uuid } from './machines.ts';
import { groupDn, person, personDn, roleDn } from './people.ts';

/**
 * One day of a company with twelve machines, NetBox (a stand-in) and OpenLDAP (the real one), step by step, each on what
 * the ones before it did. After each, exactly the instances that it concerns have a new generation, and explain names
 * who did what, where.
 */
let day: Day;
beforeAll(async () => {
  day = await startDay();
});
afterAll(async () => {
  await day.close();
});

const ci = ['ci-01', 'ci-02', 'ci-03'];
const db = ['db-01', 'db-02', 'db-03', 'db-04'];
const web = ['web-01', 'web-02', 'web-03', 'web-04', 'web-05'];

function at(generation: number, names: readonly string[]): readonly string[] {
  return names.map((name) => `${name} ${generation}`);
}

function modify(dn: string, ...lines: readonly string[]): string {
  return `dn: ${dn}\nchangetype: modify\n${lines.join('\n')}\n`;
}

/** One sync, which reads what changed. @returns what it renewed */
async function sync(): Promise<readonly string[]> {
  const run = await day.sync();
  expect(run).toMatchObject({ state: 'succeeded', error: null, reading: 'changes', problems: [] });
  const renewed = await day.renewed();
  const { created, changed, removed, quarantined } = run.counts;
  expect([created + changed + removed, quarantined]).toEqual([renewed.length, 0]);
  return renewed;
}

it('06:00 the first sync dresses all twelve machines, and the next one has nothing to do', async () => {
  expect(await day.sync()).toMatchObject({ state: 'succeeded', reading: 'whole', problems: [] });
  expect(await day.renewed()).toEqual(at(1, [...ci, ...db, ...web]));
  expect(await sync()).toEqual([]);
  const discovered = await day.audit('action=instance-discovered');
  expect(discovered).toHaveLength(12);
  for (const { actor, details } of discovered) {
    expect([actor, details]).toMatchObject(['local', { creator: 'bea', createdAt: expect.any(String) }]);
  }
});

it('08:00 peggy is hired, and joins the web team', async () => {
  await day.inLdap('niaj', person('peggy', 5101).replace('\n', '\nchangetype: add\n'));
  expect(await sync()).toEqual([]);
  await day.inLdap('olivia', modify(groupDn('web-team'), 'add: member', `member: ${personDn('peggy')}`));
  expect(await sync()).toEqual(at(2, web));
  expect(await day.diff('web-04')).toEqual([
    '+ groups web-team member peggy',
    '+ accounts peggy',
    expect.stringMatching(/^\+ keys peggy SHA256:/),
  ]);
  expect(await day.explain('web-04', 'accounts', /^peggy$/)).toEqual([
    {
      value: 'uid 5101 gid 6000 home /home/peggy shell /bin/bash (peggy)',
      since: 2,
      because: [
        'ldap uid=peggy,ou=people, uid (changed today by uid=niaj,ou=people)',
        'policy.yaml line 9, web team on web servers',
        'ldap cn=web-team,ou=groups, member (changed today by uid=olivia,ou=people)',
      ],
    },
  ]);
});

it('08:30 her telephone number stands in the directory, which is nothing to machines', async () => {
  await day.inLdap('niaj', modify(personDn('peggy'), 'add: telephoneNumber', 'telephoneNumber: 17'));
  expect(await sync()).toEqual([]);
});

it('09:00 carol goes from the web team to the database team', async () => {
  await day.inLdap(
    'olivia',
    [
      modify(groupDn('web-team'), 'delete: member', `member: ${personDn('carol')}`),
      modify(groupDn('db-team'), 'add: member', `member: ${personDn('carol')}`),
    ].join('\n'),
  );
  expect(await sync()).toEqual([...at(2, db), ...at(3, web)]);
  expect(await day.diff('web-01')).toEqual([
    '- groups employees member carol',
    '- groups web-team member carol',
    '- accounts carol',
    expect.stringMatching(/^- keys carol SHA256:/),
  ]);
  expect(await day.diff('db-01')).toEqual([
    '+ groups db-team member carol',
    '+ groups employees member carol',
    '+ accounts carol',
    expect.stringMatching(/^\+ keys carol SHA256:/),
  ]);
  expect(await day.explain('web-01', 'accounts', /^carol$/)).toEqual([]);
  expect(await day.explain('web-01', 'groups', /^web-team$/)).toEqual([
    {
      value: 'gid 6001',
      since: 1,
      because: ['ldap cn=web-team,ou=groups, gidNumber (changed today by uid=olivia,ou=people)'],
    },
  ]);
  expect(await day.explain('db-01', 'groups', /^db-team member carol$/)).toEqual([
    {
      value: 'carol',
      since: 2,
      because: ['ldap cn=db-team,ou=groups, member (changed today by uid=olivia,ou=people)'],
    },
  ]);
});

it('09:30 alice adds a second key', async () => {
  const key = ed25519Line('alice@desk');
  await day.inLdap('alice', modify(personDn('alice'), 'add: sshPublicKey', `sshPublicKey: ${key}`));
  expect(await sync()).toEqual(at(4, web));
  expect(await day.diff('web-01')).toEqual([expect.stringMatching(/^\+ keys alice SHA256:/)]);
  const keys = await day.explain('web-01', 'keys', /^alice/);
  expect(Object.fromEntries(keys.map(({ value, since }) => [value, since]))).toEqual({
    'ssh-ed25519 alice@laptop': 1,
    'ssh-ed25519 alice@desk': 4,
  });
});

it('09:40 alice throws both away for a new one', async () => {
  const key = ed25519Line('alice@new-laptop');
  await day.inLdap('alice', modify(personDn('alice'), 'replace: sshPublicKey', `sshPublicKey: ${key}`));
  expect(await sync()).toEqual(at(5, web));
  expect(await day.diff('web-01')).toEqual([
    expect.stringMatching(/^- keys alice SHA256:/),
    expect.stringMatching(/^- keys alice SHA256:/),
    expect.stringMatching(/^\+ keys alice SHA256:/),
  ]);
  expect(await day.explain('web-01', 'keys', /^alice/)).toEqual([
    {
      value: 'ssh-ed25519 alice@new-laptop',
      since: 5,
      because: ['ldap uid=alice,ou=people, sshPublicKey (changed today by uid=alice,ou=people)'],
    },
  ]);
});

it('10:00 a machine is ordered: NetBox says that something changed, and it is dressed', async () => {
  order(day.inNetbox('claire'), 'ci-04', 104, { project: 'ci', site: 'tokyo', host: 'hv02' });
  expect(await day.webhook()).toBe(202);
  const renewed = await vi.waitFor(
    async () => {
      const news = await day.renewed();
      expect(news).not.toEqual([]);
      return news;
    },
    { timeout: 20_000 },
  );
  expect(renewed).toEqual(['ci-04 1']);
  expect(await day.lastRun()).toMatchObject({ actor: 'webhook:netbox', reading: 'changes' });
  expect(await day.audit('action=instance-discovered&instance=ci-04')).toMatchObject([
    { actor: 'webhook:netbox', details: { creator: 'claire', recordChange: { by: 'claire' } } },
  ]);
  expect(await day.explain('ci-04', 'instance', /^creator$/)).toEqual([
    {
      value: 'claire',
      since: 1,
      because: ['netbox virtual-machines/13, creator (changed today by claire)'],
    },
  ]);
});

it('10:30 another boots before any sync has seen it', async () => {
  order(day.inNetbox('claire'), 'web-06', 106, { project: 'web', site: 'tokyo', host: 'hv02' });
  expect(await day.bootOn('hv-02', uuid(106))).toEqual([200, '1']);
  expect(await day.renewed()).toEqual(['web-06 1']);
  expect(await day.audit('action=instance-discovered&instance=web-06')).toMatchObject([
    { actor: 'token:hv-02', details: { creator: 'claire' } },
  ]);
  expect(await day.diff('web-06')).toEqual(expect.arrayContaining(['+ accounts peggy']));
  expect(await sync()).toEqual([]);
});

it('11:00 web-01 moves to another hypervisor: it stays as it is, and its drive goes to the new host only', async () => {
  expect(await day.bootOn('hv-01', 'web-01')).toEqual([200, '5']);
  day.inNetbox('bea').updateMachine(idOf('web-01'), { device: places.hv02 });
  expect(await sync()).toEqual([]);
  expect(await day.bootOn('hv-02', 'web-01')).toEqual([200, '5']);
  expect(await day.bootOn('hv-01', 'web-01')).toEqual([403, null]);
  expect(await day.audit('action=record-changed&instance=web-01')).toMatchObject([
    { details: { recordChange: { by: 'bea' } } },
  ]);
  expect(await day.audit('action=access-denied&instance=web-01')).toMatchObject([
    { actor: 'token:hv-01', details: { placedOn: 'hv-02' } },
  ]);
});

it('11:30 web-05 is given to the database team, in the other site', async () => {
  day.inNetbox('bea').updateMachine(idOf('web-05'), { tenant: places.db, site: places.tokyo });
  expect(await sync()).toEqual(['web-05 6']);
  const diff = await day.diff('web-05');
  expect(diff.filter((line) => !/^. (groups|keys) /.test(line))).toEqual([
    '~ instance project: web → db',
    '~ instance site: osaka-1 → tokyo-1',
    '~ dns server 1: 198.51.100.53 → 192.0.2.53',
    ...['alice', 'bob', 'peggy'].map((name) => `- accounts ${name}`),
    ...['carol', 'dave', 'erin', 'frank'].map((name) => `+ accounts ${name}`),
    '- sudo web-restart',
  ]);
  const because = (field: string) => [`netbox virtual-machines/5, ${field} (changed today by bea)`];
  expect(await day.explain('web-05', 'instance', /^(project|site)$/)).toEqual([
    { value: 'db', since: 6, because: because('project') },
    { value: 'tokyo-1', since: 6, because: because('site') },
  ]);
  expect(await day.explain('web-05', 'dns', /./)).toEqual([
    { value: '192.0.2.53', since: 6, because: ['policy.yaml line 5, site tokyo-1'] },
  ]);
  expect(await day.explain('web-05', 'accounts', /^erin$/)).toMatchObject([
    { since: 6, because: expect.arrayContaining(['policy.yaml line 12, database team on databases']) },
  ]);
});

it('12:00 ci-01 is renamed, and the sudo rule that was for that host is gone from it', async () => {
  expect((await day.guest('ci-01')).sudo.rules).toHaveLength(1);
  day.inNetbox('bea').updateMachine(idOf('ci-01'), { name: 'ci-11' });
  expect(await sync()).toEqual(['ci-11 2']);
  expect(await day.diff('ci-11')).toEqual([
    '~ instance name: ci-01 → ci-11',
    '~ hostname name: ci-01 → ci-11',
    '~ hostname fqdn: ci-01.example.com → ci-11.example.com',
    '- sudo ci-clean',
  ]);
  expect(await day.explain('ci-11', 'hostname', /^name$/)).toEqual([
    { value: 'ci-11', since: 2, because: ['netbox virtual-machines/10, name (changed today by bea)'] },
  ]);
});

it('13:00 web-03 is deleted', async () => {
  day.inNetbox('bea').removeMachine(idOf('web-03'));
  expect(await sync()).toEqual(['web-03 removed']);
  expect(await day.audit('action=instance-removed')).toMatchObject([
    { instance: uuid(3), details: { name: 'web-03' } },
  ]);
  expect(await day.bootOn('hv-02', 'web-03')).toEqual([404, null]);
});

it('14:00 the juniors may work on the build machines: their group is put into the team', async () => {
  await day.inLdap('olivia', modify(groupDn('ci-team'), 'add: member', `member: ${groupDn('juniors')}`));
  expect(await sync()).toEqual(['ci-02 2', 'ci-03 2', 'ci-04 2', 'ci-11 3']);
  const diff = await day.diff('ci-02');
  expect(diff.filter((line) => !line.startsWith('+ keys '))).toEqual([
    ...['ci-team', 'employees'].flatMap((group) => [
      `+ groups ${group} member kim`,
      `+ groups ${group} member lena`,
    ]),
    ...['juniors', 'juniors member kim', 'juniors member lena'].map((subject) => `+ groups ${subject}`),
    ...['kim', 'lena'].map((name) => `+ accounts ${name}`),
  ]);
  expect(await day.explain('ci-02', 'groups', /^ci-team member kim$/)).toEqual([
    {
      value: 'kim',
      since: 2,
      because: [
        'ldap cn=ci-team,ou=groups, member (changed today by uid=olivia,ou=people)',
        'ldap cn=juniors,ou=groups, member (changed before by cn=administrator)',
      ],
    },
  ]);
});

it('14:10 judy becomes one of them', async () => {
  await day.inLdap('olivia', modify(groupDn('juniors'), 'add: member', `member: ${personDn('judy')}`));
  expect(await sync()).toEqual(['ci-02 3', 'ci-03 3', 'ci-04 3', 'ci-11 4']);
  expect(await day.explain('ci-02', 'accounts', /^judy$/)).toEqual([
    {
      value: expect.stringContaining('/home/judy'),
      since: 3,
      because: [
        'ldap uid=judy,ou=people, uid (changed before by cn=administrator)',
        'policy.yaml line 15, build team on build machines',
        'ldap cn=ci-team,ou=groups, member (changed today by uid=olivia,ou=people)',
        'ldap cn=juniors,ou=groups, member (changed today by uid=olivia,ou=people)',
      ],
    },
  ]);
});

it('15:00 the database team may do everything', async () => {
  await day.inLdap(
    'olivia',
    [
      `dn: ${roleDn('db-migration')}`,
      'changetype: add',
      'objectClass: sudoRole',
      'cn: db-migration',
      'sudoUser: %db-team',
      'sudoHost: ALL',
      'sudoCommand: ALL\n',
    ].join('\n'),
  );
  expect(await sync()).toEqual([...at(3, db), 'web-05 7']);
  expect(await day.diff('db-01')).toEqual(['+ sudo db-migration']);
});

it('15:05 but only until the migration is over, which the guests know by themselves', async () => {
  await day.inLdap(
    'olivia',
    modify(roleDn('db-migration'), 'add: sudoNotAfter', 'sudoNotAfter: 20300307060000Z'),
  );
  expect(await sync()).toEqual([...at(4, db), 'web-05 8']);
  expect(await day.diff('db-01')).toEqual([
    '~ sudo db-migration: 1. %db-team ALL=(root) ALL → 1. %db-team ALL=(root) ALL until 2030-03-07T06:00:00Z',
  ]);
  const { rules } = (await day.guest('db-01')).sudo;
  expect(rules).toMatchObject([{ users: ['%db-team'], notAfter: '2030-03-07T06:00:00Z' }]);
  expect(renderSudoers(rules)).toContain('NOTAFTER=20300307060000Z');
  const because = (attribute: string): string =>
    `ldap cn=db-migration,ou=sudoers, ${attribute} (changed today by uid=olivia,ou=people)`;
  expect(await day.explain('db-01', 'sudo', /./)).toEqual([
    {
      value: '1. %db-team ALL=(root) ALL until 2030-03-07T06:00:00Z',
      since: 4,
      because: [
        ...['sudoUser', 'sudoHost', 'sudoCommand', 'sudoNotAfter'].map(because),
        'policy.yaml line 22, roles of the database team',
      ],
    },
  ]);
});

it('16:00 dave is locked: he has no account any more, wherever he had one', async () => {
  await day.inLdap(
    'niaj',
    modify(personDn('dave'), 'add: pwdAccountLockedTime', 'pwdAccountLockedTime: 000001010000Z'),
  );
  expect(await sync()).toEqual([...at(5, db), 'web-05 9']);
  expect(await day.diff('db-01')).toEqual([
    '- groups db-team member dave',
    '- groups employees member dave',
    '- accounts dave',
    expect.stringMatching(/^- keys dave SHA256:/),
  ]);
  expect(await day.explain('db-01', 'accounts', /^dave$/)).toEqual([
    {
      value: 'none: pwdAccountLockedTime is 000001010000Z',
      since: 5,
      because: [
        'ldap uid=dave,ou=people, pwdAccountLockedTime (changed today by uid=niaj,ou=people)',
        'policy.yaml line 12, database team on databases',
        'ldap cn=db-team,ou=groups, member (changed today by uid=olivia,ou=people)',
      ],
    },
  ]);
});

it('17:00 bob leaves: his entry is deleted, and the group that still names him names nobody', async () => {
  await day.inLdap('niaj', `dn: ${personDn('bob')}\nchangetype: delete\n`);
  expect(await sync()).toEqual([...at(6, ['web-01', 'web-02', 'web-04']), 'web-06 2']);
  expect(await day.diff('web-06')).toEqual([
    '- groups employees member bob',
    '- groups web-team member bob',
    '- accounts bob',
    expect.stringMatching(/^- keys bob SHA256:/),
  ]);
  expect(await day.explain('web-06', 'accounts', /^bob$/)).toEqual([]);
  expect(await day.explain('web-06', 'accounts', /^bob$/, 1)).toMatchObject([
    { because: expect.arrayContaining([expect.stringContaining('ldap uid=bob,ou=people, uid')]) },
  ]);
});

it('17:10 the group is put in order, which changes nothing', async () => {
  await day.inLdap('olivia', modify(groupDn('web-team'), 'delete: member', `member: ${personDn('bob')}`));
  expect(await sync()).toEqual([]);
});

it('18:00 a script leaves nobody in the teams but olivia: the guard stops that', async () => {
  const names = ['web-team', 'db-team', 'ci-team'];
  const rewrite = (members: (team: string) => readonly string[]): string =>
    names
      .map((team) => modify(groupDn(team), 'replace: member', ...members(team).map((dn) => `member: ${dn}`)))
      .join('\n');
  await day.inLdap(
    'olivia',
    rewrite(() => [personDn('olivia')]),
  );
  expect(await day.sync()).toMatchObject({
    state: 'stopped-by-guard',
    error: expect.stringContaining('11 of 11 accounts would be removed'),
  });
  expect(await day.renewed()).toEqual([]);
  expect(await day.audit('action=sync-stopped-by-guard')).toHaveLength(1);
  const right: Readonly<Record<string, readonly string[]>> = {
    'web-team': ['alice', 'peggy'].map(personDn),
    'db-team': ['carol', 'dave', 'erin', 'frank'].map(personDn),
    'ci-team': [...['grace', 'heidi', 'ivan'].map(personDn), groupDn('juniors')],
  };
  await day.inLdap(
    'olivia',
    rewrite((team) => right[team] ?? []),
  );
  expect(await sync()).toEqual([]);
});

it('19:00 the policy gives the first database a sudo rule of its own', async () => {
  await day.extendPolicy(
    [
      'sudoRules:',
      '  - name: frank starts the backup',
      '    match: { name: [db-01] }',
      '    users: [frank]',
      '    runAsUsers: [root]',
      '    commands: [/usr/local/sbin/backup]\n',
    ].join('\n'),
  );
  expect(await sync()).toEqual(['db-01 6']);
  expect(await day.diff('db-01')).toEqual(['+ sudo frank starts the backup']);
  expect(await day.explain('db-01', 'sudo', /^frank/)).toMatchObject([
    { since: 6, because: ['policy.yaml line 29, frank starts the backup'] },
  ]);
});

it('23:00 everything is read anew, and nothing is otherwise than it was told', async () => {
  expect(await day.sync({ full: true })).toMatchObject({
    state: 'succeeded',
    reading: 'whole',
    counts: { created: 0, changed: 0, removed: 0, quarantined: 0 },
  });
  expect(await day.renewed()).toEqual([]);
});
