import type { PublicKey } from '../../../schemas/types/common.ts';
import type { GuestAccount, GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';

/** One of `users` (cloud-init, module users_groups). Rules of sudo stand in files, as one text with all others. */
export interface CloudUser {
  readonly name: string;
  readonly uid: number;
  readonly gecos?: string;
  readonly homedir: string;
  readonly shell: string;
  /** By name: a cloud-config has no numbers of groups. */
  readonly primary_group?: string;
  readonly groups?: readonly string[];
  readonly passwd: string;
  readonly lock_passwd: boolean;
  /** YYYY-MM-DD: the account is disabled from then on. */
  readonly expiredate?: string;
  readonly ssh_authorized_keys?: readonly string[];
}

/** The accounts of a guest as cloud-init makes them. */
export function cloudUsers({ accounts, groups }: GuestConfiguration): readonly CloudUser[] {
  return accounts.map((account) => {
    const { name, uid, gid, gecos, home, shell, notAfter, keys } = account;
    const primary = groups.find((group) => group.gid === gid)?.name;
    const others = [
      ...groups.filter(({ members }) => members.includes(name)).map((group) => group.name),
      ...(account.extraGroups ?? []),
    ].filter((group) => group !== primary);
    return {
      name,
      uid,
      ...(gecos === '' ? {} : { gecos }),
      homedir: home,
      shell,
      ...(primary === undefined ? {} : { primary_group: primary }),
      ...(others.length === 0 ? {} : { groups: [...new Set(others)] }),
      // No password is right, and yet sshd does not take the account for locked, as it does with the ! of a lock.
      passwd: '*',
      lock_passwd: false,
      ...(notAfter === undefined ? {} : { expiredate: expiryDate(notAfter) }),
      ...(keys.length === 0 ? {} : { ssh_authorized_keys: keys.map(keyLine) }),
    };
  });
}

/** The day on which a validity ends: days are all that shadow(5) knows, and access must not outlast it. */
export function expiryDate(notAfter: NonNullable<GuestAccount['notAfter']>): string {
  return notAfter.slice(0, 10);
}

/** A key as a line of authorized_keys(5); the schema lets nothing through that would need an escape. */
function keyLine({ type, key, comment, options = {} }: PublicKey): string {
  const { flags = [], from, command, expiryTime } = options;
  const parts = [
    ...flags,
    ...(from === undefined ? [] : [`from="${from.join(',')}"`]),
    ...(command === undefined ? [] : [`command="${command}"`]),
    ...(expiryTime === undefined ? [] : [`expiry-time="${expiryTime.replaceAll(/[-T:]/g, '')}"`]),
  ];
  return [parts.join(','), type, key, comment].filter((part) => part !== undefined && part !== '').join(' ');
}
