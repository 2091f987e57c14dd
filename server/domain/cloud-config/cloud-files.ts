import {
  breakGlassName,
  divideRules,
  fragmentFolder,
  ordinaryName,
  renderBreakGlass,
  renderSudoers,
} from '../../../schemas/sudoers/fragments.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { ScriptFile } from '../compose/composition.ts';

/** One of `write_files` (cloud-init, module write_files). */
export interface CloudFile {
  readonly path: string;
  readonly content: string;
  /** `owner:group`. */
  readonly owner: string;
  /** Four octal digits. */
  readonly permissions: string;
  /** Written at the end, when there are accounts to own it. */
  readonly defer?: true;
}

/** Where a script of the operator's is written to. */
export function scriptPath(name: string): string {
  return `/var/lib/ubugi/scripts/${name}`;
}

/** Sudo rules in the text of the guest agent, files of the policy, scripts. */
export function cloudFiles(guest: GuestConfiguration, scripts: readonly ScriptFile[]): readonly CloudFile[] {
  return [
    ...sudoFiles(guest),
    ...guest.files.map(({ path, content, owner, group, mode }) => ({
      path,
      content,
      owner: `${owner}:${group}`,
      permissions: mode,
      ...(owner === 'root' && group === 'root' ? {} : { defer: true as const }),
    })),
    ...scripts.map(({ name, content }) => rootFile(scriptPath(name), content, '0700')),
  ];
}

function sudoFiles(guest: GuestConfiguration): readonly CloudFile[] {
  const { ordinary, breakGlass } = divideRules(guest);
  const { defaults = [] } = guest.sudo;
  return [
    ...(ordinary.length + defaults.length === 0
      ? []
      : [rootFile(`${fragmentFolder}/${ordinaryName}`, renderSudoers(ordinary, defaults), '0440')]),
    ...(breakGlass.length === 0
      ? []
      : [rootFile(`${fragmentFolder}/${breakGlassName}`, renderBreakGlass(breakGlass), '0440')]),
  ];
}

function rootFile(path: string, content: string, permissions: string): CloudFile {
  return { path, content, owner: 'root:root', permissions };
}
