/** Chooses among values, the same ones for the same seed. */
export interface Choice {
  /** From 0 to below `limit`. */
  number(limit: number): number;
  of<T>(values: readonly T[]): T | undefined;
}

/** A directory by RFC 2307bis that changes at random, as LDIF (RFC 2849). */
export interface ChangingCompany {
  readonly baseDn: string;
  /** Its content before the first change. */
  readonly ldif: string;
  /** Some changes of any kind. */
  change(count: number): string;
  /** Changes by name. */
  readonly changes: Readonly<Record<ChangeName, () => string>>;
}

const changeNames = [
  'hire',
  'leave',
  'shell',
  'addKey',
  'dropKeys',
  'lock',
  'unlock',
  'end',
  'renumber',
  'noAccount',
  'rename',
  'move',
  'renameUnit',
  'join',
  'quit',
  'nest',
  'newGroup',
  'dropGroup',
  'renameGroup',
  'netgroup',
  'newRole',
  'changeRole',
  'dropRole',
  'renameRole',
] as const;
export type ChangeName = (typeof changeNames)[number];

const baseDn = 'dc=example,dc=com';
const locked = '000001010000Z';

/** Numbers of a linear congruential generator (Numerical Recipes). */
export function choiceBySeed(seed: number): Choice {
  let state = seed >>> 0;
  const number = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return { number, of: (values) => values[number(values.length)] };
}

/**
 * A company of so many people in units of twenty, with groups that nest, netgroups and sudoRoles.
 * @param key one line of authorized_keys(5) at a time
 * @param history lines that every entry gets, such as an old modifyTimestamp
 */
export function changingCompany(
  size: { readonly people: number; readonly groups: number; readonly roles: number },
  choice: Choice,
  key: () => string,
  history: readonly string[] = [],
): ChangingCompany {
  const units = Array.from({ length: Math.ceil(size.people / 20) }, (_, index) => `unit${index}`);
  const people = new Map<string, string>();
  const groups = new Set<string>();
  const roles = new Set<string>();
  let serial = 0;
  const next = (prefix: string): string => `${prefix}${serial++}`;
  const unitDn = (unit: string): string => `ou=${unit},ou=people,${baseDn}`;
  const personDn = (name: string): string => `uid=${name},${unitDn(people.get(name) ?? '')}`;
  const groupDn = (name: string): string => `cn=${name},ou=groups,${baseDn}`;
  const roleDn = (name: string): string => `cn=${name},ou=sudoers,${baseDn}`;
  const record = (dn: string, lines: readonly string[]): string => `dn: ${dn}\n${lines.join('\n')}\n`;
  const some = <T>(values: Iterable<T>): T => choice.of([...values]) as T;

  function person(unit: string): string {
    const id = 10_000 + serial;
    const name = next('p');
    people.set(name, unit);
    return record(personDn(name), [
      ...['account', 'posixAccount', 'shadowAccount', 'ldapPublicKey'].map((each) => `objectClass: ${each}`),
      `uid: ${name}`,
      `cn: Person ${name}`,
      `uidNumber: ${id}`,
      'gidNumber: 6000',
      `homeDirectory: /home/${name}`,
      `sshPublicKey: ${key()}`,
    ]);
  }
  function group(): string {
    const gid = 60_001 + serial;
    const name = next('g');
    const members = Array.from({ length: 5 }, () => personDn(some(people.keys())));
    if (groups.size > 0) members.push(groupDn(some(groups)));
    groups.add(name);
    return record(groupDn(name), [
      'objectClass: groupOfNames',
      'objectClass: posixGroup',
      `cn: ${name}`,
      `gidNumber: ${gid}`,
      ...[...new Set(members)].map((dn) => `member: ${dn}`),
    ]);
  }
  function role(): string {
    const name = next('r');
    roles.add(name);
    return record(roleDn(name), [
      'objectClass: sudoRole',
      `cn: ${name}`,
      `sudoUser: ${choice.of([`%${some(groups)}`, some(people.keys()), '+admins'])}`,
      'sudoHost: ALL',
      'sudoCommand: /usr/bin/id',
    ]);
  }

  const unit = (name: string, below = ''): string =>
    record(`ou=${name},${below}${baseDn}`, ['objectClass: organizationalUnit', `ou: ${name}`]);
  const content = [
    record(baseDn, ['objectClass: dcObject', 'objectClass: organization', 'dc: example', 'o: Example']),
    ...['people', 'groups', 'netgroups', 'sudoers'].map((name) => unit(name)),
    ...units.map((name) => unit(name, 'ou=people,')),
    ...Array.from({ length: size.people }, (_, index) => person(units[Math.floor(index / 20)] ?? '')),
    ...Array.from({ length: size.groups }, group),
    record(groupDn('everyone'), [
      'objectClass: groupOfNames',
      'objectClass: posixGroup',
      'cn: everyone',
      'gidNumber: 6000',
      ...[...people.keys()].map((name) => `member: ${personDn(name)}`),
    ]),
    record(`cn=admins,ou=netgroups,${baseDn}`, [
      'objectClass: nisNetgroup',
      'cn: admins',
      'nisNetgroupTriple: (-,p0,)',
    ]),
    ...Array.from({ length: size.roles }, role),
  ];

  const modify = (dn: string, ...lines: readonly string[]): string =>
    record(dn, ['changetype: modify', ...lines]);
  const remove = (dn: string): string => record(dn, ['changetype: delete']);
  const add = (entry: string): string => entry.replace('\n', '\nchangetype: add\n');
  const rename = (dn: string, rdn: string, ...lines: readonly string[]): string =>
    record(dn, ['changetype: modrdn', `newrdn: ${rdn}`, 'deleteoldrdn: 1', ...lines]);
  /** Takes the name out of a list after its DN was formed. */
  const without = (text: string, drop: () => unknown): string => {
    drop();
    return text;
  };
  const someone = (): string => some(people.keys());

  const changes: Readonly<Record<ChangeName, () => string>> = {
    hire: () => add(person(some(units))),
    leave() {
      const name = someone();
      return without(remove(personDn(name)), () => people.delete(name));
    },
    shell: () => modify(personDn(someone()), 'replace: loginShell', `loginShell: /bin/${next('sh')}`),
    addKey: () => modify(personDn(someone()), 'add: sshPublicKey', `sshPublicKey: ${key()}`),
    dropKeys: () => modify(personDn(someone()), 'replace: sshPublicKey'),
    lock: () =>
      modify(personDn(someone()), 'replace: pwdAccountLockedTime', `pwdAccountLockedTime: ${locked}`),
    unlock: () => modify(personDn(someone()), 'replace: pwdAccountLockedTime'),
    end: () => modify(personDn(someone()), 'replace: shadowExpire', `shadowExpire: ${choice.number(40_000)}`),
    // Clashes with whoever has the number.
    renumber: () =>
      modify(personDn(someone()), 'replace: uidNumber', `uidNumber: ${10_000 + choice.number(50)}`),
    noAccount() {
      const name = someone();
      const text = modify(
        personDn(name),
        'delete: objectClass\nobjectClass: posixAccount\n-',
        'delete: uidNumber\n-',
        'delete: gidNumber\n-',
        'delete: homeDirectory\n-',
        'delete: cn\n-',
        'replace: loginShell',
      );
      return without(text, () => people.delete(name));
    },
    rename() {
      const name = someone();
      const home = people.get(name) ?? '';
      const other = next('q');
      return without(rename(personDn(name), `uid=${other}`), () => {
        people.delete(name);
        people.set(other, home);
      });
    },
    move() {
      const name = someone();
      const to = some(units);
      return without(rename(personDn(name), `uid=${name}`, `newsuperior: ${unitDn(to)}`), () =>
        people.set(name, to),
      );
    },
    // All below get another DN, and none a mark of change.
    renameUnit() {
      const from = some(units);
      const to = next('unit');
      return without(rename(unitDn(from), `ou=${to}`), () => {
        units.splice(units.indexOf(from), 1, to);
        for (const [name, home] of people) if (home === from) people.set(name, to);
      });
    },
    join: () =>
      modify(
        groupDn(some(groups)),
        'replace: member',
        ...Array.from({ length: 8 }, (_, index) => `member: ${personDn([...people.keys()][index] ?? '')}`),
        `member: cn=${next('ghost')},${baseDn}`,
      ),
    quit: () => modify(groupDn(some(groups)), 'replace: member', `member: ${personDn(someone())}`),
    nest: () => modify(groupDn(some(groups)), 'replace: member', `member: ${groupDn(some(groups))}`),
    newGroup: () => add(group()),
    dropGroup() {
      const name = some(groups);
      return groups.size < 3 ? '' : without(remove(groupDn(name)), () => groups.delete(name));
    },
    renameGroup() {
      const name = some(groups);
      const other = next('h');
      return without(rename(groupDn(name), `cn=${other}`), () => {
        groups.delete(name);
        groups.add(other);
      });
    },
    netgroup: () =>
      modify(
        `cn=admins,ou=netgroups,${baseDn}`,
        'replace: nisNetgroupTriple',
        `nisNetgroupTriple: (-,${someone()},)`,
      ),
    newRole: () => add(role()),
    changeRole: () => modify(roleDn(some(roles)), 'replace: sudoOrder', `sudoOrder: ${choice.number(100)}`),
    dropRole() {
      const name = some(roles);
      return roles.size < 3 ? '' : without(remove(roleDn(name)), () => roles.delete(name));
    },
    renameRole() {
      const name = some(roles);
      const other = next('s');
      return without(rename(roleDn(name), `cn=${other}`), () => {
        roles.delete(name);
        roles.add(other);
      });
    },
  };

  return {
    baseDn,
    ldif: content.map((entry) => [entry.trimEnd(), ...history].join('\n')).join('\n\n'),
    changes,
    change: (count) =>
      Array.from({ length: count }, () => changes[some(changeNames)]())
        .filter((text) => text !== '')
        .join('\n'),
  };
}
