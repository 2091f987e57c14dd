import type { FileView } from '../../plan/machine.ts';
import { findBlock, withBlock } from '../../rendering/block.ts';

/** Folder of our key files, one an account; root's alone, so that sshd's StrictModes takes it. */
export const keysFolder = '/etc/ssh/authorized_keys.d';

/** Folder of drop-ins, read by name. */
export const dropInFolder = '/etc/ssh/sshd_config.d';

/** Our drop-in. sshd takes the first value it meets, hence the name in front of others. */
export const dropIn = `${dropInFolder}/05-ubugi.conf`;

/** sshd's main configuration; SUSE has its own in /usr/etc, which counts unless there is one in /etc. */
const mainConfigs = ['/etc/ssh/sshd_config', '/usr/etc/ssh/sshd_config'] as const;

/** Path of the main configuration in use; `undefined` where there is none. */
export function mainConfigOf(view: FileView): string | undefined {
  return mainConfigs.find((path) => view.entry(path) !== undefined);
}

/** What our drop-in begins with. The user's own file stays; `authorized_keys2`, which sshd would look at too, does not. */
export const dropInText = `# Written by Ubugi.
AuthorizedKeysFile .ssh/authorized_keys ${keysFolder}/%u
`;

const include = /^\s*include\s+(?:.*\s)?"?(?:\/etc\/ssh\/)?sshd_config\.d\/\*\.conf"?(\s|$)/i;

/** Whether sshd reads the folder of drop-ins before any `Match` block and before a value that would come first. */
export function readsDropIns(main: string): boolean {
  const first = linesOfGuest(main).find((line) => /^\s*(include|match|authorizedkeysfile)\b/i.test(line));
  return first !== undefined && include.test(first);
}

/** Whether sshd looks at `.ssh/authorized_keys`, for accounts that no `Match` block is about. */
export function readsHomes(main: string): boolean {
  const lines = linesOfGuest(main);
  const match = lines.findIndex((line) => /^\s*match\b/i.test(line));
  const [, files] =
    lines
      .slice(0, match < 0 ? undefined : match)
      .map((line) => /^\s*authorizedkeysfile[\s=]+(.*)$/i.exec(line) ?? [])
      .find(([whole]) => whole !== undefined) ?? [];
  return files === undefined || /(^|[\s"])(%h\/)?\.ssh\/authorized_keys($|[\s"])/.test(files);
}

/** Lines of the main configuration without our block. */
export function linesOfGuest(main: string): readonly string[] {
  const { before, after } = findBlock(main);
  return [...before, ...after];
}

/** The main configuration with our block at its end, where a `Match` ends by itself; no lines, no block. */
export function withBlockAtEnd(main: string, lines: readonly string[]): string {
  const { inside } = findBlock(main);
  return inside === undefined && lines.length === 0 ? main : withBlock(linesOfGuest(main), lines, []);
}

/** The same configuration with drop-ins read from another folder, for `sshd -T`. */
export function staged(main: string, folder: string): string {
  return main.replaceAll(/(?<![\w/.])(\/etc\/ssh\/)?sshd_config\.d\/\*\.conf/g, `${folder}/*.dropin`);
}
