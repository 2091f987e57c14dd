import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** One file, link or folder of a guest. */
interface Item {
  /** Kind, mode and owner; of a link its target too. */
  readonly attributes: string;
  /** Content of a file. */
  readonly text: string;
  /** Changes with every write, even of the same bytes. */
  readonly stamp: string;
}

/** A guest's files by path, at one moment. */
export type GuestTree = ReadonlyMap<string, Item>;

/** Folders that hold no state of a guest, or none that outlives a boot. */
const volatile = new Set(['/dev', '/proc', '/sys', '/run', '/tmp', '/usr', '/boot', '/drive', '/trace']);

/** What the agent itself remembers. */
const records = '/var/lib/ubugi';

/** Reads all that is below a root, except what no boot keeps. @param besides further folders, such as /run */
export function readTree(root: string, besides: readonly string[] = []): GuestTree {
  const items = new Map<string, Item>();
  const visit = (path: string): void => {
    const stat = lstatSync(join(root, path));
    const target = stat.isSymbolicLink() ? readlinkSync(join(root, path)) : '';
    items.set(path, {
      attributes: `${stat.mode.toString(8)} ${stat.uid} ${stat.gid} ${target}`,
      // Packages' own data is large and changes its time when it changes.
      text:
        stat.isFile() && !path.startsWith('/var/lib/dpkg/') ? readFileSync(join(root, path), 'latin1') : '',
      stamp: `${stat.ino} ${stat.mtimeMs} ${stat.ctimeMs}`,
    });
    if (stat.isDirectory()) for (const name of readdirSync(join(root, path))) visit(`${path}/${name}`);
  };
  for (const name of readdirSync(root)) if (!volatile.has(`/${name}`)) visit(`/${name}`);
  for (const path of besides) visit(path);
  return items;
}

/** Paths of what was written, made or removed in between, whatever it holds; sorted. */
export function touched(before: GuestTree, after: GuestTree): readonly string[] {
  return differing(before, after, ({ attributes, stamp }) => `${attributes} ${stamp}`);
}

/**
 * Paths of files and links that are not the same; sorted. Our records and bare folders do not count.
 *
 * @param reading what of a text counts.
 */
export function changed(
  before: GuestTree,
  after: GuestTree,
  reading: (path: string, text: string) => string = (_, text) => text,
): readonly string[] {
  const isFolder = (path: string): boolean =>
    (after.get(path) ?? before.get(path))?.attributes.startsWith('4') === true;
  return differing(
    before,
    after,
    ({ attributes, text }, path) => `${attributes} ${reading(path, text)}`,
  ).filter((path) => !isFolder(path) && !`${path}/`.startsWith(`${records}/`));
}

function differing(
  before: GuestTree,
  after: GuestTree,
  say: (item: Item, path: string) => string,
): readonly string[] {
  const said = (tree: GuestTree, path: string): string | undefined => {
    const item = tree.get(path);
    return item === undefined ? undefined : say(item, path);
  };
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => said(before, path) !== said(after, path))
    .sort();
}
