import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBaseDrive } from '../../../server/drive/base/base-drive.ts';
import { mergeOntoBase } from '../../../server/drive/base/merge-onto-base.ts';
import { openstackPaths } from '../../../server/drive/tree/openstack-tree.ts';

const seenAt = '2026-01-02T03:04:05.000Z';
const ours = [...openstackPaths, 'ec2/latest/meta-data.json', 'ubugi/guest.json'].map((path) => ({
  path,
  content: Buffer.from(`ours ${path}`),
}));

function base(paths: readonly string[]) {
  return createBaseDrive(
    paths.map((path) => ({ path, content: Buffer.from(`theirs ${path}`) })),
    seenAt,
  );
}

function contentOf(paths: readonly string[], path: string): string | undefined {
  return mergeOntoBase(base(paths), ours)
    .find((file) => file.path === path)
    ?.content.toString();
}

describe('ours on Nova’s drive', () => {
  it('keeps every file of Nova’s, adds ours that it lacks, and names none twice', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.constantFrom(...openstackPaths, 'openstack/content/0000', 'ec2/2009-04-04/user-data'),
        ),
        (paths) => {
          const merged = mergeOntoBase(base(paths), ours);
          const contents = new Map(merged.map(({ path, content }) => [path, content.toString()]));
          expect(contents.size).toBe(merged.length);
          for (const path of paths) expect(contents.get(path)).toBe(`theirs ${path}`);
          for (const { path } of ours) expect(contents.has(path)).toBe(true);
        },
      ),
    );
  });

  it('a folder that Nova does not have yet gets Nova’s newest files, so that ours hide none of them', () => {
    const paths = ['openstack/latest/meta_data.json', 'openstack/2018-08-27/meta_data.json'];
    expect(contentOf(paths, 'openstack/2020-10-14/meta_data.json')).toBe(
      'theirs openstack/latest/meta_data.json',
    );
    expect(contentOf(paths, 'openstack/2020-10-14/vendor_data.json')).toBe(
      'ours openstack/2020-10-14/vendor_data.json',
    );
  });

  it('a version that we do not know stays as it is', () => {
    expect(contentOf(['openstack/2025-04-04/meta_data.json'], 'openstack/2025-04-04/meta_data.json')).toBe(
      'theirs openstack/2025-04-04/meta_data.json',
    );
  });

  it('has a hash that depends on paths and contents, and on no order', () => {
    const paths = ['openstack/latest/meta_data.json', 'openstack/latest/user_data'];
    expect(base(paths).sha256).toBe(base([...paths].reverse()).sha256);
    expect(base(paths).sha256).not.toBe(base(paths.slice(1)).sha256);
  });
});
