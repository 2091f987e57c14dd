import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fatImage } from '../../harness/fat-image.ts';
import { createHookHost, domainXml, type HookHost, hypervisorExecutable } from '../../harness/hook-host.ts';
import { filesByIsoinfo, type NovaFiles, novaFiles, novaImage } from '../../harness/nova/nova-drive.ts';
import { type ApiServer, startApiServer, web01, web02 } from '../../http/api-server.ts';

/** The built hook on a host of Nova's, with the real server. */
describe('ubugi-hypervisor hook, with a config drive that Nova made', () => {
  let executable: string;
  let host: HookHost;
  let server: ApiServer;
  let drive: string;

  beforeAll(async () => {
    executable = await hypervisorExecutable();
  });
  beforeEach(async () => {
    server = await startApiServer();
    host = await createHookHost(executable);
    drive = join(host.folder, 'disk.config');
    await host.configure(server.url);
    await writeFile(join(host.folder, 'token'), `${await server.token('hypervisor', 'hv-01')}\n`);
    await chmod(join(host.folder, 'token'), 0o600);
    await writeFile(join(host.folder, 'trusted_signers'), server.ports.driveBuilder.trustedSigners);
  });
  afterEach(async () => {
    await host.remove();
    await server.close();
  });

  const start = (path = drive, uuid = web01.id) => host.hook({ xml: domainXml(path, uuid) });
  const good = { status: 0, signal: undefined, stderr: '' };

  /** What Nova does at a build, rebuild or unshelve. */
  async function novaBuilds(files: NovaFiles, path = drive): Promise<Buffer> {
    const image = await novaImage(files);
    await writeFile(path, image);
    await chmod(path, 0o644);
    return image;
  }

  async function placed(path = drive): Promise<ReadonlyMap<string, Buffer>> {
    return await filesByIsoinfo(await readFile(path));
  }

  function expectAll(files: ReadonlyMap<string, Buffer>, theirs: NovaFiles): void {
    for (const [name, content] of Object.entries(theirs)) {
      expect([name, files.get(name)?.equals(Buffer.from(content))]).toEqual([name, true]);
    }
    expect([...files.keys()]).toEqual(expect.arrayContaining(['ubugi/guest.json', 'ubugi/manifest.sig']));
  }

  it('places it merged with ours, with Nova’s owner and mode', async () => {
    await novaBuilds(novaFiles(web01.id));
    const before = await stat(drive);
    expect(await start()).toEqual(good);
    expectAll(await placed(), novaFiles(web01.id));
    const after = await stat(drive);
    expect([after.uid, after.gid, after.mode]).toEqual([before.uid, before.gid, before.mode]);
  });

  it('hard reboot, stop and start: the merged drive stays as it is', async () => {
    await novaBuilds(novaFiles(web01.id));
    await start();
    const { ino } = await stat(drive);
    expect(await start()).toEqual(good);
    expect((await stat(drive)).ino).toBe(ino);
  });

  it('a generation made meanwhile is built on what Nova put on its drive', async () => {
    await novaBuilds(novaFiles(web01.id));
    await start();
    await server.local('POST', `/v1/instances/${web01.id}/regenerate`, { body: { force: true } });
    expect(await start()).toEqual(good);
    const files = await placed();
    expectAll(files, novaFiles(web01.id));
    expect(files.get('ubugi/manifest.json')?.toString()).toContain('"generation": 2');
  });

  it('rebuild, evacuation with local disks, unshelve: Nova’s new drive is merged, nothing of the old one stays', async () => {
    await novaBuilds(novaFiles(web01.id));
    await start();
    const rebuilt = novaFiles(web01.id, 'cmVidWlsdA==');
    await novaBuilds(rebuilt);
    expect(await start()).toEqual(good);
    expectAll(await placed(), rebuilt);
  });

  it('resize and cold migration: the copied drive is taken on the new host as it is', async () => {
    await novaBuilds(novaFiles(web01.id));
    await start();
    const merged = await readFile(drive);
    const target = await createHookHost(executable);
    try {
      await target.configure(server.url);
      server.records = [{ ...web01, hypervisor: 'hv-03' }, web02];
      await server.local('POST', '/v1/sync');
      const secret = await server.token('hypervisor', 'hv-03', { hypervisor: 'hv-03' });
      await writeFile(join(target.folder, 'token'), `${secret}\n`);
      await writeFile(join(target.folder, 'trusted_signers'), server.ports.driveBuilder.trustedSigners);
      const copied = join(target.folder, 'disk.config');
      await writeFile(copied, merged);
      expect(await target.hook({ xml: domainXml(copied, web01.id) })).toEqual(good);
      expectAll(await filesByIsoinfo(await readFile(copied)), novaFiles(web01.id));
    } finally {
      await target.remove();
    }
  });

  it('rescue: its own drive is merged; that of the boots is as before, on the next start too', async () => {
    await novaBuilds(novaFiles(web01.id));
    await start();
    const merged = await readFile(drive);
    const rescue = join(host.folder, 'disk.config.rescue');
    const ofRescue = novaFiles(web01.id, 'cmVzY3Vl');
    await novaBuilds(ofRescue, rescue);
    expect(await start(rescue)).toEqual(good);
    expectAll(await placed(rescue), ofRescue);
    expect(await start(rescue)).toEqual(good);
    expectAll(await placed(rescue), ofRescue);
    expect(await start()).toEqual(good);
    expect((await readFile(drive)).equals(merged)).toBe(true);
  });

  it('without the server a new drive of Nova’s is not started with, nor replaced by an old one', async () => {
    await novaBuilds(novaFiles(web01.id));
    await start();
    const image = await novaBuilds(novaFiles(web01.id, 'cmVidWlsdA=='));
    await server.stopListening();
    const run = await start();
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/refused the connection, .*it lacks what Nova put on the new config drive/);
    expect((await readFile(drive)).equals(image)).toBe(true);

    await host.configure(server.url, ['onMissing: allow']);
    expect(await start()).toMatchObject({ status: 0 });
    expect((await readFile(drive)).equals(image)).toBe(true);
  });

  it('without the server the last known good drive is placed where it has all of Nova’s files', async () => {
    const image = await novaBuilds(novaFiles(web01.id));
    await start();
    const merged = await readFile(drive);
    await writeFile(drive, image);
    await server.stopListening();
    const run = await start();
    expect(run).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/last known good drive/) as string,
    });
    expect((await readFile(drive)).equals(merged)).toBe(true);
  });

  it.each<[string, string]>([
    ['CD-ROM', 'cdrom'],
    ['disk, as Nova attaches it', 'disk'],
  ])('a vfat drive on a %s is refused with its remedy and left as it is', async (_name, device) => {
    await writeFile(drive, fatImage('config-2'));
    const xml = domainXml(drive, web01.id).replace("device='cdrom'", `device='${device}'`);
    const run = await host.hook({ xml });
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/is a vfat image, .*; set config_drive_format = iso9660 in nova\.conf/);
    expect((await readFile(drive)).equals(fatImage('config-2'))).toBe(true);
  });

  it('a drive that the server refuses is named, and not replaced by ours', async () => {
    const image = await novaBuilds({ ...novaFiles(web01.id), 'ubugi/launch': 'x' });
    const run = await start();
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/refuses Nova's config drive: .*ubugi\/launch is on it/);
    expect((await readFile(drive)).equals(image)).toBe(true);
  });

  it('an instance of another host is refused', async () => {
    await novaBuilds(novaFiles(web02.id));
    const run = await start(drive, web02.id);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/does not place instance .* on this host \(403\)/);
  });
});
