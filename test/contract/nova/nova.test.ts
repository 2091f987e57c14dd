import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { imageInMemory } from '../../../schemas/drive-format/image-source.ts';
import { verifyDrive } from '../../../schemas/drive-format/verify-drive.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { parseServerAddress } from '../../../server/inventory/http-client/server-address.ts';
import { createKeystoneClient } from '../../../server/keystone/keystone-client.ts';
import { signersOf } from '../../drive/drive-workbench.ts';
import { type KeystoneServer, keystonePassword, startKeystone } from '../../harness/nova/keystone-server.ts';
import { type NovaSettings, novaPackages, runNova } from '../../harness/nova/nova-code.ts';
import { filesByIsoinfo } from '../../harness/nova/nova-drive.ts';
import { type ApiServer, startApiServer, web01 } from '../../http/api-server.ts';

/** Nova's own code, from Debian's python3-nova, against the real server. */
let server: ApiServer;
let keystone: KeystoneServer;
let folder: string;
let packages: string;

const instance = {
  uuid: web01.id,
  project_id: 'f7ac731cc11f40efbc03a9f9e1d1d21f',
  image_ref: 'ebbf1a6b-5a8b-4f2f-a9a5-2c0a5b1f7f53',
  user_data: Buffer.from('#cloud-config\n# the tenant’s own\n').toString('base64'),
  hostname: 'web-01',
  metadata: { role: 'web' },
  boot_roles: 'reader,member',
};
const stranger = { ...instance, uuid: '00000000-0000-4000-8000-000000000009' };

beforeAll(async () => {
  packages = await novaPackages();
}, 600_000);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-nova-'));
  keystone = await startKeystone();
  const client = createKeystoneClient(
    { clock: { now: () => new Date() } },
    {
      address: parseServerAddress('keystone', keystone.url),
      ca: undefined,
      credential: { user: 'ubugi', userDomain: 'Default', password: keystonePassword, project: undefined },
      timeoutMs: 1000,
      cacheMs: 0,
    },
  );
  server = await startApiServer([web01], {
    keystone: { keystone: client, roles: ['service'], project: 'service' },
  });
});
afterEach(async () => {
  await server.close();
  await keystone.stop();
  await rm(folder, { recursive: true, force: true });
});

/** nova.conf as docs/nova.md has it. */
function settings(api: Readonly<Record<string, string>> = {}): NovaSettings {
  return {
    DEFAULT: { tempdir: folder, mkisofs_cmd: 'genisoimage' },
    api: {
      vendordata_providers: 'StaticJSON,DynamicJSON',
      vendordata_dynamic_targets: `ubugi@${server.url}/v1/vendordata/nova`,
      ...api,
    },
    vendordata_dynamic_auth: {
      auth_type: 'password',
      auth_url: keystone.url,
      username: 'nova',
      password: keystonePassword,
      user_domain_name: 'Default',
      project_name: 'service',
      project_domain_name: 'Default',
    },
  };
}

const answered = {
  ubugi: expect.objectContaining({ generation: 1, hostname: expect.any(String) as string }) as object,
};

/** Statuses that our server answered Nova with. */
function statuses(): readonly number[] {
  return (
    server
      .logText()
      .split('\n')
      // One that is refused by its token has not come to a route.
      .filter((line) => /"route":"(\/v1\/vendordata\/nova|unmatched)"/.test(line))
      .map((line) => (JSON.parse(line) as { readonly status: number }).status)
  );
}

describe('DynamicVendorData of Nova', { timeout: 300_000 }, () => {
  it('gets our data under the name of the target', async () => {
    const { results } = await runNova(packages, 'vendordata', settings(), [instance]);
    expect(results).toEqual([{ value: answered }]);
    expect(statuses()).toEqual([200]);
  });

  it('renews its token when we do not take it any more, without losing an answer', async () => {
    const { results } = await runNova(packages, 'vendordata', settings(), [instance, instance], () =>
      keystone.revokeLogins(),
    );
    expect(results).toEqual([{ value: answered }, { value: answered }]);
    expect(statuses()).toEqual([200, 401, 200]);
  });

  it('gets nothing for an instance that the CMDB does not have, and the boot goes on, fatal or not', async () => {
    const fatal = settings({ vendordata_dynamic_failure_fatal: 'True' });
    const { results } = await runNova(packages, 'vendordata', fatal, [stranger]);
    expect(results).toEqual([{ value: { ubugi: {} } }]);
  });

  it('gets nothing while Keystone fails us, or fails the boot where that is configured', async () => {
    const fault = () => keystone.fail({ kind: 'status', status: 500 });
    const lenient = await runNova(packages, 'vendordata', settings(), [instance, instance], fault);
    expect(lenient.results).toEqual([{ value: answered }, { value: { ubugi: {} } }]);
    expect(statuses()).toEqual([200, 503]);
    keystone.fail(undefined);
    const fatal = settings({ vendordata_dynamic_failure_fatal: 'True' });
    const strict = await runNova(packages, 'vendordata', fatal, [instance, instance], fault);
    expect(strict.results[1]).toMatchObject({ error: 'ServiceUnavailable' });
  });

  it('that has not the role is refused', async () => {
    const fatal = settings({ vendordata_dynamic_failure_fatal: 'True' });
    const demote = () => keystone.demoteLogins();
    const { results } = await runNova(packages, 'vendordata', fatal, [instance, instance], demote);
    expect(results[1]).toMatchObject({ error: 'Forbidden' });
  });

  it('without credentials of its own gets nothing', async () => {
    const { DEFAULT = {}, api = {} } = settings();
    const { results, log } = await runNova(packages, 'vendordata', { DEFAULT, api }, [instance]);
    expect(results).toEqual([{ value: { ubugi: {} } }]);
    expect(log).toContain('401');
  });

  it('is answered within its five seconds when the CMDB hangs', async () => {
    let release = (): void => undefined;
    server.meanwhile = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const fatal = settings({ vendordata_dynamic_failure_fatal: 'True' });
    const { results } = await runNova(packages, 'vendordata', fatal, [stranger]);
    release();
    expect(results[0]).toMatchObject({ error: 'ServiceUnavailable' });
  });

  it('takes what another server than ours, or a proxy before it, may answer for nothing, or fails the boot', async () => {
    const faults: readonly (readonly [(response: ServerResponse) => void, string | undefined])[] = [
      // Not even where failures are fatal: an empty body never was one.
      [(response) => void response.end(), undefined],
      [(response) => void response.end('<html>'), 'JSONDecodeError'],
      [(response) => void response.writeHead(302, { Location: '/login' }).end(), 'UnknownConnectionError'],
      [() => undefined, 'ConnectTimeout'],
      [(response) => void response.writeHead(404).end(), 'NotFound'],
      [(response) => void response.writeHead(500).end(), 'InternalServerError'],
      [(response) => void response.destroy(), 'ConnectFailure'],
    ];
    let current = 0;
    const proxy = createServer((request, response) => {
      request.resume();
      faults[current]?.[0](response);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const run = async (fatal: string) => {
      current = 0;
      const api = {
        vendordata_dynamic_targets: `ubugi@http://127.0.0.1:${port}/`,
        vendordata_dynamic_read_timeout: '1',
        vendordata_dynamic_failure_fatal: fatal,
      };
      const next = (): void => {
        current += 1;
      };
      return (
        await runNova(
          packages,
          'vendordata',
          settings(api),
          faults.map(() => instance),
          next,
        )
      ).results;
    };
    try {
      expect(await run('False')).toEqual(faults.map(() => ({ value: { ubugi: {} } })));
      expect((await run('True')).map((result) => ('error' in result ? result.error : undefined))).toEqual(
        faults.map(([, error]) => error),
      );
    } finally {
      proxy.closeAllConnections();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    }
  });
});

describe('ConfigDriveBuilder of Nova', { timeout: 300_000 }, () => {
  it('asks us for one drive a few times and gets the same bytes; its image goes through the merge whole', async () => {
    const output = join(folder, 'disk.config');
    const { results, log } = await runNova(packages, 'drive', settings(), [{ ...instance, output }]);
    const [result] = results;
    if (result === undefined || 'error' in result) throw new Error(`${JSON.stringify(result)} ${log}`);
    const theirs = new Map(
      Object.entries(result.value).map(([path, hex]) => [path, Buffer.from(String(hex), 'hex')]),
    );
    expect(statuses()).toEqual([200, 200, 200, 200, 200]);
    const vendorData = [...theirs].filter(([path]) => path.endsWith('vendor_data2.json'));
    expect(new Set(vendorData.map(([, content]) => content.toString())).size).toBe(1);
    expect(JSON.parse(vendorData[0]?.[1].toString() ?? '')).toMatchObject(answered);

    const image = await readFile(output);
    const merged = await server.local('POST', `/v1/instances/${web01.id}/drive`, {
      raw: image,
      headers: { 'Content-Type': 'application/x-iso9660-image' },
    });
    expect(merged.status).toBe(200);
    const verdict = verifyDrive(imageInMemory(merged.bytes), {
      validators: createValidators(),
      trustedSigners: signersOf(server.ports.driveBuilder.trustedSigners),
      instance: web01.id,
      now: server.now(),
    });
    expect(verdict.kind).toBe('valid');
    const before = await filesByIsoinfo(image);
    const after = await filesByIsoinfo(merged.bytes);
    expect([...before.keys()].sort()).toEqual([...theirs.keys()].sort());
    for (const [path, content] of theirs) {
      expect([path, before.get(path)?.equals(content), after.get(path)?.equals(content)]).toEqual([
        path,
        true,
        true,
      ]);
    }
    expect([...after.keys()]).toEqual(expect.arrayContaining(['ubugi/launch', 'ubugi/manifest.sig']));
  });

  it('with a target named cloud-init gives cloud-init what it takes for its own', async () => {
    const output = join(folder, 'disk.config');
    const target = {
      vendordata_dynamic_targets: `cloud-init@${server.url}/v1/vendordata/nova?form=cloud-init`,
    };
    await runNova(packages, 'drive', settings(target), [{ ...instance, output }]);
    const files = await filesByIsoinfo(await readFile(output));
    const read =
      'import json,sys; from cloudinit.sources import convert_vendordata; print(convert_vendordata(json.load(sys.stdin)) or "")';
    const taken = async (json: string): Promise<string> =>
      (await execa('/usr/bin/python3', ['-c', read], { input: json, timeout: 30_000 })).stdout;
    const ours = files.get('openstack/latest/vendor_data2.json')?.toString() ?? '';
    expect(await taken(ours)).toMatch(/^#cloud-config\nbootcmd: /);
    expect(await taken('{"cloud-init": {}}')).toBe('');
    // Under any other name it takes nothing: an image without our launcher needs the target named so.
    expect(await taken(JSON.stringify({ ubugi: { 'cloud-init': '#cloud-config\n' } }))).toBe('');
  });
});
