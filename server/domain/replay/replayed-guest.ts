import type { GuestConfiguration, GuestFile } from '../../../schemas/types/guest-configuration.ts';

/**
 * What a lost machine gets first (docs/decisions/0019). Who the machine is, and the files and scripts of its boot, are
 * the old generation's. Who may do what on it, and how the guest handles that, are the newest generation's, wholly:
 * nobody gets back what was taken away since.
 */
export function replayedGuest(old: GuestConfiguration, newest: GuestConfiguration): GuestConfiguration {
  const { schema, instance, hostname, network, dns, ntp, scripts } = old;
  const { onFailure, delivery, adoptAccounts, sessions, repairMinutes, driveDays } = newest;
  const { groups, accounts, sudo } = newest;
  return {
    schema,
    instance,
    hostname,
    network,
    dns,
    ntp,
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(delivery === undefined ? {} : { delivery }),
    ...(adoptAccounts === undefined ? {} : { adoptAccounts }),
    ...(sessions === undefined ? {} : { sessions }),
    ...(repairMinutes === undefined ? {} : { repairMinutes }),
    ...(driveDays === undefined ? {} : { driveDays }),
    groups,
    accounts,
    sudo,
    files: replayedFiles(old, newest),
    scripts,
  };
}

/** Files that decide who gets in or becomes root. */
const letsIn =
  /^\/etc\/(ssh|pam\.d|security|polkit-1|doas\.d|sudoers\.d)\/|^\/etc\/(sudoers|doas\.conf)$|\/\.ssh\/|\/\.(rhosts|shosts|k5login)$/;

/** The old files but those that let people in, which are today's; what belonged to somebody who is gone belongs to root. */
function replayedFiles(old: GuestConfiguration, newest: GuestConfiguration): GuestFile[] {
  const accounts = goneNames(old.accounts, newest.accounts);
  const groups = goneNames(old.groups, newest.groups);
  const kept = old.files.filter(({ path }) => !letsIn.test(path));
  const today = newest.files.filter(({ path }) => letsIn.test(path));
  return [
    ...kept.map((file) => ({
      ...file,
      owner: accounts.has(file.owner) ? 'root' : file.owner,
      group: groups.has(file.group) ? 'root' : file.group,
    })),
    ...today,
  ].sort((left, right) => (left.path < right.path ? -1 : left.path > right.path ? 1 : 0));
}

function goneNames(
  old: readonly { readonly name: string }[],
  newest: readonly { readonly name: string }[],
): ReadonlySet<string> {
  const present = new Set(newest.map(({ name }) => name));
  return new Set(old.map(({ name }) => name).filter((name) => !present.has(name)));
}
