import { execa } from 'execa';

/** One setting as cvtsudoers(1) understands it: `true`, `false`, a text, or the names of a list and what is done with them. */
export type UnderstoodDefault = readonly [option: string, meaning: string];

/** What sudo's own converter makes of the defaults in LDIF below `dc=x`, or in a sudoers file; in one order. */
export async function understoodDefaults(
  format: 'ldif' | 'sudoers',
  input: string,
): Promise<readonly UnderstoodDefault[]> {
  const base = format === 'ldif' ? ['-b', 'dc=x'] : [];
  const { stdout } = await execa('cvtsudoers', ['-i', format, ...base, '-f', 'json'], {
    input,
    timeout: 20_000,
  });
  const { Defaults: lines = [] } = JSON.parse(stdout) as {
    readonly Defaults?: readonly {
      readonly Options: readonly Readonly<Record<string, string | boolean | readonly string[]>>[];
    }[];
  };
  return lines
    .flatMap(({ Options: options }) => options)
    .map(({ operation, ...option }): UnderstoodDefault => {
      const [[name, value] = ['', undefined]] = Object.entries(option);
      const text = typeof value === 'object' ? [...new Set(value)].sort().join(' ') : String(value);
      return [name, typeof operation === 'string' ? `${operation} ${text}` : text];
    })
    .sort(([one, first], [other, second]) => (`${one} ${first}` < `${other} ${second}` ? -1 : 1));
}
