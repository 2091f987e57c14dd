import { link, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { DriveCase } from './drive-case.ts';

const unlisted = (path: string) => new RegExp(`: ${path} is not in the signed manifest`);
const special = (path: string) => new RegExp(`: ${path} is neither a file nor a folder`);
const altered = (path: string) => new RegExp(`: ${path} is missing or not as it was signed`);

async function put(tree: string, path: string, text = 'x'): Promise<void> {
  await mkdir(dirname(join(tree, path)), { recursive: true });
  await writeFile(join(tree, path), text);
}

/** Puts so many empty files into the folder `many`. */
export async function putMany(tree: string, count: number): Promise<void> {
  await mkdir(join(tree, 'many'));
  for (let index = 0; index < count; index += 1) await writeFile(join(tree, `many/${index}`), '');
}

/** Names in which a folder lies so deep that its path is longer than any of ours. */
const deep = Array.from({ length: 8 }, () => 'd'.repeat(150)).join('/');

/** What lies on the medium beside or instead of what was signed. */
export const contentCases: readonly DriveCase[] = [
  { name: 'nothing changed' },
  {
    name: 'a changed file of the same size',
    change: (tree) => writeFile(join(tree, 'ubugi/guest.json'), '{"marker":"bit-to-flop"}'),
    refused: altered('ubugi/guest\\.json'),
  },
  {
    name: 'a file that is longer',
    change: (tree) => writeFile(join(tree, 'ubugi/guest.json'), ' ', { flag: 'a' }),
    refused: altered('ubugi/guest\\.json'),
  },
  {
    name: 'a file that is empty',
    change: (tree) => writeFile(join(tree, 'ubugi/guest.json'), ''),
    refused: altered('ubugi/guest\\.json'),
  },
  {
    name: 'a file that is gone',
    change: (tree) => rm(join(tree, 'ubugi/guest.json')),
    refused: altered('ubugi/guest\\.json'),
  },
  {
    name: 'a folder in the place of a file',
    change: async (tree) => {
      await rm(join(tree, 'ubugi/guest.json'));
      await put(tree, 'ubugi/guest.json/file');
    },
    refused: altered('ubugi/guest\\.json'),
  },
  {
    name: 'an unlisted file',
    change: (tree) => put(tree, 'ubugi/extra'),
    refused: unlisted('ubugi/extra'),
  },
  {
    name: 'an unlisted file at the top',
    change: (tree) => put(tree, 'autorun.inf'),
    refused: unlisted('autorun.inf'),
  },
  { name: 'a hidden file', change: (tree) => put(tree, '.x'), refused: unlisted('.x') },
  {
    name: 'a file that begins with two dots',
    change: (tree) => put(tree, 'ubugi/..x'),
    refused: unlisted('ubugi/..x'),
  },
  {
    name: 'a file in a hidden folder',
    change: (tree) => put(tree, 'openstack/.a/b'),
    refused: unlisted('openstack/.a/b'),
  },
  {
    name: 'a name that differs by case only',
    change: (tree) => put(tree, 'ubugi/Launch'),
    refused: unlisted('ubugi/Launch'),
  },
  {
    name: 'an empty folder',
    change: (tree) => mkdir(join(tree, 'openstack/2099-01-01')),
    refused: /: the folder openstack\/2099-01-01 is not in the signed manifest/,
  },
  {
    name: 'an unlisted hard link to a listed file',
    change: (tree) => link(join(tree, 'ubugi/launch'), join(tree, 'ubugi/again')),
    refused: unlisted('ubugi/again'),
  },
  {
    name: 'a symbolic link in the place of a file',
    change: async (tree) => {
      await rm(join(tree, 'ubugi/guest.json'));
      await symlink('/etc/shadow', join(tree, 'ubugi/guest.json'));
    },
    refused: special('ubugi/guest.json'),
  },
  {
    name: 'a symbolic link to the very file',
    change: async (tree) => {
      await rename(join(tree, 'ubugi/guest.json'), join(tree, 'ubugi/real'));
      await symlink('real', join(tree, 'ubugi/guest.json'));
    },
    refused: special('ubugi/guest.json'),
  },
  {
    name: 'a symbolic link in the place of a folder',
    change: async (tree) => {
      await rm(join(tree, 'openstack'), { recursive: true });
      await symlink('/etc', join(tree, 'openstack'));
    },
    refused: special('openstack'),
  },
  {
    name: 'a dangling symbolic link',
    change: (tree) => symlink('nowhere', join(tree, 'link')),
    refused: special('link'),
  },
  {
    name: 'a block device',
    change: (tree) => execa('mknod', [join(tree, 'ubugi/disk'), 'b', '7', '0']),
    refused: special('ubugi/disk'),
  },
  {
    name: 'a character device',
    change: (tree) => execa('mknod', [join(tree, 'ubugi/zero'), 'c', '1', '5']),
    refused: special('ubugi/zero'),
  },
  {
    name: 'a pipe',
    change: (tree) => execa('mkfifo', [join(tree, '.hidden')]),
    refused: special('.hidden'),
  },
  {
    name: 'a name that would write to the terminal',
    change: (tree) => put(tree, 'x\u001b[2J\n"},\\'),
    refused: /: a file with an unusual name is not in the signed manifest/,
  },
  {
    name: 'a very long path',
    change: (tree) => put(tree, `${deep}/file`),
    refused: /: a file with a path that is too long is neither a file nor a folder/,
  },
  {
    name: '10,000 files',
    change: (tree) => putMany(tree, 10_000),
    refused: unlisted('many/[0-9]+'),
  },
  {
    name: '600 MB in an image of 60 MB: names that share their content',
    change: async (tree) => {
      await writeFile(join(tree, 'bomb-0'), Buffer.alloc(60_000_000));
      for (let index = 1; index < 10; index += 1) {
        await link(join(tree, 'bomb-0'), join(tree, `bomb-${index}`));
      }
    },
    refused: /too large for a config drive/,
  },
  {
    name: 'a file that only Joliet shows, which Linux does not read',
    change: (tree) => put(tree, 'ubugi/windows'),
    imageOptions: (tree) => ['-hide', join(tree, 'ubugi/windows')],
  },
  {
    name: 'an unlisted file that Joliet does not show',
    change: (tree) => put(tree, 'ubugi/linux'),
    imageOptions: (tree) => ['-hide-joliet', join(tree, 'ubugi/linux')],
    refused: unlisted('ubugi/linux'),
  },
];
