import { describe, expect, it } from 'vitest';
import type { Cdrom } from '../../../../hypervisor-hook/adapters/libvirt/domain-xml.ts';
import { chooseDrive, type DriveChoice } from '../../../../hypervisor-hook/adapters/libvirt/drive-choice.ts';
import type { MediumEvidence } from '../../../../hypervisor-hook/drive-files/inspect-medium.ts';

const folder = '/var/lib/ubugi/drives';
const install: Partial<Cdrom> = { file: '/isos/debian.iso' };

async function choose(
  cdroms: readonly Partial<Cdrom>[],
  evidence: Readonly<Record<string, MediumEvidence>> = {},
): Promise<DriveChoice> {
  const domain = {
    name: 'web-01',
    uuid: '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01',
    active: false,
    reportSocket: undefined,
    cdroms: cdroms.map((cdrom, index) => ({
      target: `sd${index}`,
      file: undefined,
      alias: undefined,
      serial: undefined,
      trayOpen: false,
      ...cdrom,
    })),
  };
  return chooseDrive(domain, folder, (path) => Promise.resolve(evidence[path] ?? 'other'));
}

describe("the domain's config drive", () => {
  it.each<[string, Partial<Cdrom>]>([
    ['by alias', { file: '/any/where.iso', alias: 'ua-ubugi' }],
    ['by serial', { file: '/any/where.iso', serial: 'config-2' }],
    ['by the drive folder', { file: `${folder}/web-01.iso` }],
    ["by Nova's name", { file: '/var/lib/nova/instances/x/disk.config' }],
    ["by Nova's name for a rescue", { file: '/var/lib/nova/instances/x/disk.config.rescue' }],
  ])('is marked %s, whatever lies there', async (_name, cdrom) => {
    expect(await choose([install, cdrom])).toEqual({
      kind: 'drive',
      path: cdrom.file,
      device: 'sd1',
      certainty: 'marked',
    });
  });

  it('is that of the alias before that of the folder', async () => {
    const choice = await choose([{ file: `${folder}/a.iso` }, { file: '/b.iso', alias: 'ua-ubugi' }]);
    expect(choice).toMatchObject({ path: '/b.iso' });
  });

  it.each<[string, readonly Partial<Cdrom>[], RegExp]>([
    ['two are marked alike', [{ file: `${folder}/a` }, { file: `${folder}/b` }], /sd0, sd1 are all marked/],
    ['the marked one is no file', [install, { alias: 'ua-ubugi' }], /sd1 has no file/],
    ['the marked path climbs', [{ file: `${folder}/../../../../etc/passwd` }], /sd0 is not in normal form/],
    ['the marked path is relative', [{ file: 'a/disk.config' }], /not in normal form/],
  ])('cannot be used if %s', async (_name, cdroms, reason) => {
    expect(await choose(cdroms)).toEqual({ kind: 'unusable', reason: expect.stringMatching(reason) });
  });

  it.each<[string, MediumEvidence]>([
    ['absent', 'absent'],
    ['a config drive', 'config-drive'],
  ])('is guessed where the only possible file is %s', async (_name, evidence) => {
    expect(await choose([install, { file: '/x.iso' }, {}], { '/x.iso': evidence })).toEqual({
      kind: 'drive',
      path: '/x.iso',
      device: 'sd1',
      certainty: 'guessed',
    });
  });

  it.each<[string, readonly Partial<Cdrom>[], Readonly<Record<string, MediumEvidence>>]>([
    ['no CD-ROM', [], {}],
    ["somebody's install medium", [install], {}],
    ['two that it could be', [{ file: '/a' }, { file: '/b' }], { '/a': 'absent', '/b': 'config-drive' }],
    ['a folder of almost the same name', [{ file: `${folder}-old/a.iso` }], {}],
  ])('is none with %s', async (_name, cdroms, evidence) => {
    expect(await choose(cdroms, evidence)).toEqual({ kind: 'none' });
  });
});
