import type { FileView, Machine } from '../../plan/machine.ts';
import type { Databases } from './databases.ts';

/** An account or group that the guest knows from elsewhere than its files. */
export interface ForeignEntry {
  readonly name: string;
  readonly id: string;
}

/** What SSSD, LDAP, winbind, systemd or another source of the guest's own says of the names and numbers wanted. */
export interface ForeignEntries {
  /** By name and by number. */
  readonly accounts: ReadonlyMap<string, ForeignEntry>;
  readonly groups: ReadonlyMap<string, ForeignEntry>;
  /** Why it cannot be known; nothing may be made then that might have a twin there. */
  readonly unanswered?: string;
}

/** One that has the name or the number of what is wanted. */
export function foreignHolder(
  entries: ReadonlyMap<string, ForeignEntry>,
  name: string,
  id: number,
): ForeignEntry | undefined {
  return entries.get(name) ?? entries.get(String(id));
}

interface Wanted {
  readonly name: string;
  readonly id: number;
}

/** SSSD may hang on a server that does not answer. */
const deadlineMs = 5_000;

/**
 * Asks getent once for all accounts and once for all groups that the files do not have yet; no process where nsswitch.conf
 * names no source but files, or nothing is new.
 */
export function askNameService(
  wanted: { readonly accounts: readonly Wanted[]; readonly groups: readonly Wanted[] },
  databases: Databases,
  machine: Machine,
): ForeignEntries {
  const accounts = ask('passwd', wanted.accounts, databases, machine);
  const groups = accounts === 'unanswered' ? accounts : ask('group', wanted.groups, databases, machine);
  if (accounts !== 'unanswered' && groups !== 'unanswered') return { accounts, groups };
  return {
    accounts: new Map(),
    groups: new Map(),
    unanswered: `the guest's name service (${otherSources('passwd', machine.files).join(', ')}) did not answer within ${deadlineMs / 1000} s, so it may be known there: mend it, the next run tries again`,
  };
}

function ask(
  database: 'passwd' | 'group',
  wanted: readonly Wanted[],
  databases: Databases,
  machine: Machine,
): ReadonlyMap<string, ForeignEntry> | 'unanswered' {
  const found = new Map<string, ForeignEntry>();
  const table = databases[database];
  const unknown = wanted.filter(({ name }) => table.get(name) === undefined);
  const getent = machine.program('getent');
  if (unknown.length === 0 || getent === undefined) return found;
  if (otherSources(database, machine.files).length === 0) return found;
  const keys = unknown.flatMap(({ name, id }) => [name, String(id)]);
  const { output, timedOut } = machine.ask([getent, database, ...keys], deadlineMs);
  if (timedOut) return 'unanswered';
  for (const line of output.split('\n')) {
    const [name = '', , id = ''] = line.split(':');
    // What the files have is the guest's own, and a clash as ever.
    if (!/^[0-9]{1,10}$/.test(id) || table.get(name) !== undefined) continue;
    found.set(name, { name, id });
    found.set(id, { name, id });
  }
  return found;
}

/**
 * Whether nss-systemd knows anybody who lasts: systemd-homed's people, or user records in files (systemd-userdbd(8)). What
 * else it tells of are users of running services, for which a process at each new account would be too much.
 */
function hasUserDatabase(view: FileView): boolean {
  const folders = ['/etc/userdb', '/run/userdb', '/usr/local/lib/userdb', '/usr/lib/userdb'];
  return (
    view.entry('/run/systemd/userdb/io.systemd.Home') !== undefined ||
    folders.some((folder) => view.list(folder).length > 0)
  );
}

/** Sources in nsswitch.conf(5) beside the files that we edit. */
function otherSources(database: 'passwd' | 'group', view: FileView): readonly string[] {
  const line = new RegExp(`^[ \\t]*${database}[ \\t]*:(.*)$`, 'm').exec(
    view.text('/etc/nsswitch.conf') ?? '',
  )?.[1];
  return (line ?? '')
    .replace(/#.*$/, '')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .split(/\s+/)
    .filter((source) => source !== '' && !['files', 'compat', 'db'].includes(source))
    .filter((source) => source !== 'systemd' || hasUserDatabase(view));
}
