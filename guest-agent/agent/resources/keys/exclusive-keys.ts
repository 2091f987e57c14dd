import type { FileView } from '../../plan/machine.ts';
import { accountName, guard } from '../../rendering/guard.ts';
import { dropIn, dropInFolder, keysFolder, mainConfig } from './sshd-config.ts';

/** Keywords of sshd_config(5) that bring keys, or let somebody in without one. */
const otherWays =
  /^\s*(authorizedkeysfile|authorizedkeyscommand|trustedusercakeys|hostbasedauthentication)\b/i;

/**
 * Lines of the drop-in that leave these accounts nothing but our key file: what lies in the home, `authorized_keys2`
 * included, is no longer looked at, by whatever name, and counts again once the lines are gone. No lines without accounts.
 *
 * @param names accounts, each a name that needs no escape in a pattern (ssh_config(5), PATTERNS).
 */
export function exclusiveLines(names: readonly string[]): string {
  if (names.length === 0) return '';
  const users = [...names].sort().map((name) => guard('accounts[].name', name, accountName));
  return `Match User ${users.join(',')}
    AuthorizedKeysFile ${keysFolder}/%u
    AuthorizedKeysCommand none
    TrustedUserCAKeys none
    HostbasedAuthentication no
`;
}

/**
 * Why our lines would not be the first that sshd meets: the first value counts, and a `Match` block on where somebody
 * comes from shows in no trial run.
 */
export function precedingMatch(view: FileView): string | undefined {
  for (const name of view.list(dropInFolder)) {
    const path = `${dropInFolder}/${name}`;
    if (!name.endsWith('.conf') || path >= dropIn) continue;
    const lines = (view.text(path) ?? '').split('\n');
    const matches = lines.some((line) => /^\s*match\b/i.test(line));
    const includes = lines.some((line) => /^\s*include\b/i.test(line));
    if (includes || (matches && lines.some((line) => otherWays.test(line)))) {
      return `${path} is read before ${dropIn} and may bring other keys by Match or Include: rename it to come after`;
    }
  }
  return undefined;
}

/** What of the guest's own configuration no longer counts for these accounts, for the report. */
export function closedWays(view: FileView): readonly string[] {
  const files = [mainConfig, ...view.list(dropInFolder).map((name) => `${dropInFolder}/${name}`)];
  return files
    .filter((path) => path !== dropIn && (path === mainConfig || path.endsWith('.conf')))
    .flatMap((path) =>
      (view.text(path) ?? '')
        .split('\n')
        .flatMap(
          (line) => /^\s*(AuthorizedKeysCommand|TrustedUserCAKeys)\s+(?!none\b)/i.exec(line)?.[1] ?? [],
        )
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
