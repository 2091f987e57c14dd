import type { FileView } from '../../plan/machine.ts';
import { accountName, guard } from '../../rendering/guard.ts';
import { dropIn, dropInFolder, keysFolder, linesOfGuest } from './sshd-config.ts';

/** Keywords of sshd_config(5) that bring keys, or let somebody in without one. */
const otherWays =
  /^\s*(authorizedkeysfile|authorizedkeyscommand|trustedusercakeys|hostbasedauthentication)\b/i;

/**
 * Lines of sshd's configuration that leave these accounts nothing but our key file: what lies in the home,
 * `authorized_keys2` included, is no longer looked at, by whatever name, and counts again once the lines are gone. None
 * without accounts.
 *
 * @param names accounts, each a name that needs no escape in a pattern (ssh_config(5), PATTERNS).
 */
export function exclusiveLines(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const users = [...names].sort().map((name) => guard('accounts[].name', name, accountName));
  return [
    `Match User ${users.join(',')}`,
    `    AuthorizedKeysFile ${keysFolder}/%u`,
    '    AuthorizedKeysCommand none',
    '    TrustedUserCAKeys none',
    '    HostbasedAuthentication no',
  ];
}

/** One of the guest's own files of sshd's configuration. */
export interface ForeignConfig {
  readonly path: string;
  readonly text: string;
}

/**
 * Why our lines would not be the first that sshd meets: the first value counts, and a `Match` block on where somebody
 * comes from shows in no trial run.
 */
export function precedingMatch(view: FileView): string | undefined {
  const early = foreignDropIns(view).filter(({ path }) => path < dropIn);
  const found = early.find(({ text }) => mayBringKeys(text.split('\n')));
  return found === undefined
    ? undefined
    : `${found.path} is read before ${dropIn} and may bring other keys by Match or Include: rename it to come after`;
}

/** The same for lines at the end of the main configuration, which all of it comes before. */
export function matchBeforeEnd(path: string, main: string): string | undefined {
  return mayBringKeys(linesOfGuest(main))
    ? `${path} may bring other keys by Match or Include before it ends: let it begin with \`Include ${dropInFolder}/*.conf\`, or take them out`
    : undefined;
}

function mayBringKeys(lines: readonly string[]): boolean {
  const match = lines.findIndex((line) => /^\s*match\b/i.test(line));
  const matches = match >= 0 && lines.slice(match).some((line) => otherWays.test(line));
  return matches || lines.some((line) => /^\s*include\b/i.test(line));
}

/** Drop-ins that are not ours, in the order in which they are read. */
export function foreignDropIns(view: FileView): readonly ForeignConfig[] {
  return view
    .list(dropInFolder)
    .map((name) => `${dropInFolder}/${name}`)
    .filter((path) => path.endsWith('.conf') && path !== dropIn)
    .map((path) => ({ path, text: view.text(path) ?? '' }));
}

/** What of the guest's own configuration no longer counts for these accounts, for the report. */
export function closedWays(files: readonly ForeignConfig[]): readonly string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line) => /^\s*(AuthorizedKeysCommand|TrustedUserCAKeys)\s+(?!none\b)/i.exec(line)?.[1] ?? [])
      .map((keyword) => `${keyword} of ${path}`),
  );
}

/** What is wrong with what `sshd -T -C user=NAME` printed for such an account; `undefined` if nothing is. */
export function judgeExclusive(name: string, output: string): string | undefined {
  const settings = new Map(
    output.split('\n').map((line) => {
      const blank = line.indexOf(' ');
      return [line.slice(0, blank), line.slice(blank + 1)];
    }),
  );
  const expected: readonly (readonly [string, readonly string[]])[] = [
    ['authorizedkeysfile', [`${keysFolder}/%u`]],
    ['authorizedkeyscommand', ['none', '']],
    ['trustedusercakeys', ['none', '']],
    ['hostbasedauthentication', ['no', '']],
  ];
  const wrong = expected.find(([keyword, values]) => !values.includes(settings.get(keyword) ?? ''));
  if (wrong === undefined) return undefined;
  return `for ${name} it still has another ${wrong[0]}: remove it from the guest's own configuration`;
}
