import { isIP } from 'node:net';
import type { Validators } from '../../../../schemas/validation/validator.ts';
import { isCidr } from '../../../../schemas/validation/validator.ts';
import { byDefinition, type Check, type Checked, refused } from '../entry-reader.ts';
import { parseNetgroupName } from '../netgroups/netgroup.ts';
import type { PosixChecks } from '../posix-checks.ts';
import { isReservedGroup } from '../reserved-names.ts';

/** Checks of the members of a sudoRole's lists. Each may begin with one `!`. */
export interface SudoMemberChecks {
  readonly user: Check<string>;
  readonly host: Check<string>;
  /** `''` is the invoking user. */
  readonly runAsUser: Check<string>;
  readonly runAsGroup: Check<string>;
}

const hostPattern = /^[A-Za-z0-9*?]([A-Za-z0-9._*?-]{0,253}[A-Za-z0-9*?])?$/;
/** Beyond it, setreuid(2) takes the number for "leave it as it is", which once made sudo run as root. */
const largestId = 4_294_967_293;

export function createSudoMemberChecks(
  validators: Pick<Validators, 'common'>,
  checks: PosixChecks,
): SudoMemberChecks {
  const sudoUser = byDefinition(validators.common<string>('sudoUser'));
  const sudoGroup = byDefinition(validators.common<string>('sudoGroup'));

  return {
    user(text) {
      const member = text.startsWith('!') ? text.slice(1) : text;
      // Everybody, the accounts of the system too: whether that may be is for policy to say.
      if (text === 'ALL') return { kind: 'ok', value: text };
      if (member === 'ALL') return refused('takes everybody away', 'remove the role, or take away by name');
      if (member.startsWith('+')) return netgroupMember(text);
      const checked = sudoUser(text);
      if (checked.kind === 'refused') return checked;
      const inner = member.replace(/^%?#?/, '');
      const part = member.includes('#')
        ? checks.personalId(inner)
        : member.startsWith('%')
          ? checks.groupName(inner)
          : checks.accountName(inner);
      return part.kind === 'refused' ? part : checked;
    },
    host(text) {
      const member = text.startsWith('!') ? text.slice(1) : text;
      if (member.startsWith('+')) return netgroupMember(text);
      const [address = '', mask = ''] = member.split('/');
      const isNetwork =
        isCidr(member) || (isIP(address) === 4 && isIP(mask) === 4 && member.split('/').length === 2);
      if (hostPattern.test(member) || isIP(member) === 6 || isNetwork) return { kind: 'ok', value: text };
      return refused(
        'is not a host name, pattern, address or network',
        'give ALL, a name (* and ? allowed), an address, or a network as 192.0.2.0/24',
      );
    },
    runAsUser(text) {
      const member = text.startsWith('!') ? text.slice(1) : text;
      if (text === '') return { kind: 'ok', value: '' };
      if (member.startsWith('+')) return runAsNetgroup;
      if (member.startsWith('%') && isReservedGroup(member.slice(1))) {
        return refused('is a group that belongs to the operating system', 'name the accounts to run as');
      }
      return withSafeId(member, sudoUser(text));
    },
    runAsGroup(text) {
      const member = text.startsWith('!') ? text.slice(1) : text;
      if (member.startsWith('+')) return runAsNetgroup;
      if (member.startsWith('%')) return refused('begins with %', 'name the group without %');
      return withSafeId(member, sudoGroup(text));
    },
  };
}

const runAsNetgroup: Checked<never> = {
  kind: 'refused',
  message: 'is a netgroup, which is not taken here',
  remedy: 'name the accounts or groups to run as',
};

function netgroupMember(text: string): Checked<string> {
  const checked = parseNetgroupName(text.replace(/^!?\+/, ''));
  return checked.kind === 'refused' ? checked : { kind: 'ok', value: text };
}

function withSafeId(member: string, checked: Checked<string>): Checked<string> {
  const [, id] = /^%?#(.*)$/.exec(member) ?? [];
  if (id === undefined || (/^(0|[1-9]\d*)$/.test(id) && Number(id) <= largestId)) return checked;
  return refused('is not a number that an account or group can have', `give a number up to ${largestId}`);
}
