import { execa } from 'execa';

/** Rules as cvtsudoers(1) understands them, each list in one order, negated members apart. */
export interface UnderstoodRule {
  readonly users: MemberSets;
  readonly runAsUsers: MemberSets | undefined;
  readonly runAsGroups: MemberSets | undefined;
  readonly commands: MemberSets;
  /** Tags and settings by name. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** In LDAP a negated member wins wherever it stands, so that the order of a list means nothing. */
export interface MemberSets {
  readonly taken: readonly string[];
  readonly excluded: readonly string[];
}

type Member = Readonly<Record<string, string | number | boolean | readonly string[]>>;

interface CommandSpecification {
  readonly runasusers?: readonly Member[];
  readonly runasgroups?: readonly Member[];
  readonly Options?: readonly Readonly<Record<string, unknown>>[];
  readonly SELinux_Spec?: readonly Readonly<Record<string, unknown>>[];
  readonly Commands: readonly Member[];
}

/** What sudo's own converter makes of LDIF with sudoRoles below `dc=x`, or of a sudoers file. */
export async function understood(
  format: 'ldif' | 'sudoers',
  input: string,
): Promise<readonly UnderstoodRule[]> {
  const base = format === 'ldif' ? ['-b', 'dc=x'] : [];
  const { stdout } = await execa('cvtsudoers', ['-i', format, ...base, '-f', 'json'], {
    input,
    timeout: 20_000,
  });
  // cvtsudoers 1.9 writes some members of arrays without braces.
  const json = stdout.replaceAll(/^(\s*)("(?:runchroot|runcwd|role|type)": ".*?")(,?)$/gm, '$1{ $2 }$3');
  const { User_Specs: specs = [] } = JSON.parse(json) as {
    readonly User_Specs?: readonly {
      readonly User_List: readonly Member[];
      readonly Cmnd_Specs: readonly CommandSpecification[];
    }[];
  };
  return specs.map(({ User_List: users, Cmnd_Specs: all }) => {
    const [first] = all;
    if (first === undefined) throw new Error('cvtsudoers gave a rule without commands');
    const common = JSON.stringify({ ...first, Commands: [] });
    if (all.some((each) => JSON.stringify({ ...each, Commands: [] }) !== common)) {
      throw new Error('cvtsudoers gave commands with different options in one rule');
    }
    return {
      users: sets(users),
      runAsUsers: first.runasusers === undefined ? undefined : sets(first.runasusers),
      runAsGroups: first.runasgroups === undefined ? undefined : sets(first.runasgroups),
      commands: sets(all.flatMap(({ Commands: commands }) => commands)),
      options: optionsOf([...(first.Options ?? []), ...(first.SELinux_Spec ?? [])]),
    };
  });
}

/** From LDAP, the tags MAIL and NOMAIL keep the name of the option that they come from. */
function optionsOf(options: readonly Readonly<Record<string, unknown>>[]): UnderstoodRule['options'] {
  return Object.fromEntries(
    options
      .flatMap((option) => Object.entries(option))
      .map(([name, value]) => [name.startsWith('mail_') ? 'send_mail' : name, value]),
  );
}

function sets(members: readonly Member[]): MemberSets {
  const texts = (negated: boolean): readonly string[] =>
    members
      .filter((member) => (member['negated'] === true) === negated)
      .map(memberText)
      .sort();
  return { taken: texts(false), excluded: texts(true) };
}

/** Every property but the negation, in one order. A number is written as `#4` in one place and as 4 in another. */
function memberText(member: Member): string {
  return Object.entries(member)
    .filter(([name]) => name !== 'negated')
    .map(([name, value]) => {
      if (name === 'userid') return `username=#${String(value)}`;
      if (name === 'usergid') return `usergroup=#${String(value)}`;
      return `${name}=${[value].flat().map(String).sort().join(',')}`;
    })
    .sort()
    .join(' ');
}
