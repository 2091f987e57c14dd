import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { SudoCommand } from '../../../../schemas/types/common.ts';
import { createValidators } from '../../../../schemas/validation/validator.ts';
import type { DirectoryEntry } from '../../../../server/directory/entries/entry.ts';
import { createEntryMapping } from '../../../../server/directory/entries/snapshot.ts';
import { systemClock } from '../../../../server/domain/clock.ts';
import { entryOf } from '../../../harness/directory-entry.ts';

const map = createEntryMapping({
  source: 'corp',
  clock: systemClock,
  minimumUid: 1000,
  validators: createValidators(),
});
const attributes = {
  cn: 'role',
  sudoUser: ['!carol', '%web', 'alice', '#5001', '%#6001'],
  sudoHost: 'ALL',
  sudoCommand: [
    `sha224:${'ab'.repeat(28)} /usr/bin/id -u`,
    `sha256:${'cd'.repeat(32)}, sha512:${'ef'.repeat(64)} /usr/bin/id -g`,
    '!/usr/bin/systemctl restart sshd',
    '/usr/bin/whoami ""',
    '/usr/bin/journalctl -u nginx --since=today, x:y',
    '/usr/sbin/',
    '/opt/*/bin/tool?',
    'sudoedit /etc/motd',
  ],
  sudoRunAsUser: ['www-data', '!root', '#33'],
  sudoRunAsGroup: 'adm',
  sudoOption: ['!authenticate', 'setenv', 'noexec', 'log_output', '!log_input', 'mail_all_cmnds'],
} as const;

/** What cvtsudoers(1) says of a role, with names of members and commands as one text each. */
interface Understood {
  readonly users: readonly string[];
  readonly runAsUsers: readonly string[];
  readonly commands: readonly string[];
  readonly options: Readonly<Record<string, boolean>>;
}

type Member = Readonly<Record<string, string | number | boolean | readonly string[]>>;

function memberText(member: Member): string {
  const { negated = false, username, usergroup, userid, usergid } = member;
  const name = username ?? (usergroup === undefined ? undefined : `%${String(usergroup)}`);
  const number = userid === undefined ? `%#${String(usergid)}` : `#${String(userid)}`;
  return `${negated === true ? '!' : ''}${String(name ?? number)}`;
}

function digestsOf(command: Member): readonly string[] {
  return ['sha224', 'sha256', 'sha384', 'sha512'].flatMap((algorithm) =>
    [command[algorithm] ?? []].flat().map((hex) => `${algorithm}:${String(hex)}`),
  );
}

async function cvtsudoers(): Promise<Understood> {
  const lines = Object.entries(attributes).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  );
  const input = `dn: cn=role,dc=x\nobjectClass: sudoRole\n${lines.join('\n')}\n`;
  const { stdout } = await execa('cvtsudoers', ['-i', 'ldif', '-b', 'dc=x', '-f', 'json'], {
    input,
    timeout: 20_000,
  });
  const { User_Specs: specs } = JSON.parse(stdout) as {
    readonly User_Specs: readonly {
      readonly User_List: readonly Member[];
      readonly Cmnd_Specs: readonly {
        readonly runasusers: readonly Member[];
        readonly Options: readonly Readonly<Record<string, boolean>>[];
        readonly Commands: readonly Member[];
      }[];
    }[];
  };
  const [spec] = specs;
  const [commands] = spec?.Cmnd_Specs ?? [];
  if (spec === undefined || commands === undefined) throw new Error('cvtsudoers understands nothing');
  return {
    users: spec.User_List.map(memberText).sort(),
    runAsUsers: commands.runasusers.map(memberText).sort(),
    commands: commands.Commands.map((command) =>
      [...digestsOf(command), `${command['negated'] === true ? '!' : ''}${String(command['command'])}`].join(
        ' ',
      ),
    ).sort(),
    options: Object.assign({}, ...commands.Options),
  };
}

function commandText({ command, arguments: given, negated, digests = [] }: SudoCommand): string {
  const shown = given === undefined ? command : `${command} ${given === '' ? '""' : given}`;
  return [...digests, `${negated === true ? '!' : ''}${shown}`].join(' ');
}

test('a role means what sudo itself takes it for', async () => {
  const entry: DirectoryEntry = entryOf('cn=role,dc=x', attributes);
  const { sudoRoles, rejected } = map({ accounts: [], groups: [], sudoRoles: [entry] });
  expect(rejected).toEqual([]);
  const [role] = sudoRoles;
  const understood = await cvtsudoers();
  expect(role?.users.toSorted()).toEqual(understood.users);
  expect(role?.runAsUsers?.toSorted()).toEqual(understood.runAsUsers);
  expect(role?.commands.map(commandText).toSorted()).toEqual(understood.commands);
  expect(role?.tags).toEqual(['LOG_OUTPUT', 'MAIL', 'NOEXEC', 'NOLOG_INPUT', 'NOPASSWD', 'SETENV']);
  expect(understood.options).toMatchObject({
    authenticate: false,
    setenv: true,
    noexec: true,
    log_output: true,
    log_input: false,
    mail_all_cmnds: true,
  });
});
