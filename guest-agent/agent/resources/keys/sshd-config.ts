import { findBlock, withBlock } from '../../rendering/block.ts';

/** Folder of our key files, one an account; root's alone, so that sshd's StrictModes takes it. */
export const keysFolder = '/etc/ssh/authorized_keys.d';

/** Folder of drop-ins, read by name. */
export const dropInFolder = '/etc/ssh/sshd_config.d';

/** Our drop-in. sshd takes the first value it meets, hence the name in front of others. */
export const dropIn = `${dropInFolder}/05-ubugi.conf`;

/** sshd's main configuration. */
export const mainConfig = '/etc/ssh/sshd_config';

/** What our drop-in begins with. The user's own file stays; `authorized_keys2`, which sshd would look at too, does not. */
export const dropInText = `# Written by Ubugi.
AuthorizedKeysFile .ssh/authorized_keys ${keysFolder}/%u
`;

const include = /^\s*include\s+(?:.*\s)?"?(?:\/etc\/ssh\/)?sshd_config\.d\/\*\.conf"?(\s|$)/i;

/**
 * sshd_config with our marked `Include` line on top, unless it reads the folder of drop-ins already, before any `Match`
 * block and before a value of its own that would come first.
 */
export function withInclude(current: string): string {
  const { before, after } = findBlock(current);
  const others = [...before, ...after];
  const first = others.findIndex((line) => /^\s*(include|match|authorizedkeysfile)\b/i.test(line));
  const reads = first >= 0 && include.test(others[first] ?? '');
  return reads
    ? withBlock(before, [], after)
    : withBlock([], ['Include /etc/ssh/sshd_config.d/*.conf'], others);
}

/** The same configuration with drop-ins read from another folder, for `sshd -T`. */
export function staged(main: string, folder: string): string {
  return main.replaceAll(/(\/etc\/ssh\/)?sshd_config\.d\/\*\.conf/g, `${folder}/*.dropin`);
}
