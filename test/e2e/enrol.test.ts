import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLibvirtAdapter } from '../../hypervisor-hook/adapters/libvirt/libvirt-adapter.ts';
import { enrolCommand } from '../../hypervisor-hook/enrol/enrol-command.ts';
import type { EnrolRequest } from '../../hypervisor-hook/enrol/enrol-request.ts';
import { runProgram } from '../../hypervisor-hook/process/run-program.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { type Libvirt, startLibvirt } from '../harness/libvirt.ts';

const instance = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01';
const validators = createValidators();

/** Firmware only: nothing is to boot. What libvirt's users have in their XML must stay. */
function domainXml(machine: string, devices = '', name = 'web-01', uuid = instance): string {
  return `<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>${name}</name><uuid>${uuid}</uuid>
<metadata><t:x xmlns:t='urn:tenant' a='&lt;&quot;&apos;'>1 &lt; 2 &amp; 3<![CDATA[<disk/>]]></t:x></metadata>
<memory unit='MiB'>32</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='${machine}'>hvm</type></os><features><acpi/></features>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<graphics type='vnc' port='-1' autoport='yes' passwd='geheim'/>${devices}</devices>
<qemu:commandline><qemu:env name='A' value='b'/></qemu:commandline></domain>`;
}

const rootDisk = (file: string): string =>
  `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${file}'/><target dev='sda' bus='sata'/></disk>`;

describe('enrolling domains of libvirt', () => {
  let libvirt: Libvirt;
  let scratch: string;
  const printed: string[] = [];

  beforeAll(async () => {
    libvirt = await startLibvirt('/bin/true');
  });
  afterAll(() => libvirt.stop());
  beforeEach(async () => {
    printed.length = 0;
    scratch = await mkdtemp(join(tmpdir(), 'ubugi-enrol-'));
    await mkdir(join(scratch, 'drives'));
    const lines = ['server:', '  url: http://127.0.0.1:1', '  tokenFile: token', 'trustedSigners: signers'];
    await writeFile(
      join(scratch, 'hypervisor.yaml'),
      [...lines, 'driveFolder: drives', 'libvirt:', `  uri: ${libvirt.uri}`, ''].join('\n'),
    );
    await writeFile(join(scratch, 'root.img'), Buffer.alloc(4096));
  });
  afterEach(async () => {
    const uuids = (await libvirt.virsh('list', '--all', '--uuid')).stdout.split('\n').filter(Boolean);
    for (const command of ['destroy', 'undefine']) {
      await libvirt.virsh(uuids.map((uuid) => `${command} ${uuid}`).join('; '));
    }
    await rm(scratch, { recursive: true, force: true });
  });

  async function run(
    action: EnrolRequest['action'],
    request: Partial<EnrolRequest> = {},
    ask?: () => Promise<boolean>,
  ): Promise<number> {
    printed.length = 0;
    const usual = { domains: [], patterns: [], all: false, dryRun: false, yes: true, json: false };
    return enrolCommand(
      join(scratch, 'hypervisor.yaml'),
      { ...usual, action, ...(Object.keys(request).length === 0 ? { domains: ['web-01'] } : request) },
      {
        validators,
        print: (line) => printed.push(line),
        say: (line) => printed.push(line),
        ask,
      },
    );
  }

  async function persistent(name = 'web-01'): Promise<string> {
    return (await libvirt.virsh('dumpxml', '--inactive', '--security-info', name)).stdout;
  }

  it.each(['pc', 'q35'])('adds drive and channel, once, and takes them away again (%s)', async (machine) => {
    await libvirt.define(domainXml(machine, rootDisk(join(scratch, 'root.img'))));
    const before = await persistent();

    expect(await run('enrol')).toBe(0);

    const drive = join(scratch, 'drives', `${instance}.iso`);
    expect(printed.join('\n')).toContain(`+     <disk type="file" device="cdrom">`);
    const enrolled = await persistent();
    expect(enrolled).toContain(`<source file='${drive}'/>`);
    expect(enrolled).toContain("<target dev='sdb' bus='scsi'/>");
    expect(enrolled).toContain("passwd='geheim'");
    expect(enrolled).toContain("<target type='virtio' name='org.ubugi.report.0'/>");

    expect(await run('enrol')).toBe(0);
    expect(printed).toEqual(['0 enrolled, 1 were enrolled before, 0 failed']);
    expect(await persistent()).toBe(enrolled);

    await writeFile(drive, Buffer.alloc(4096));
    expect(await libvirt.virsh('start', 'web-01')).toMatchObject({ status: 0, stderr: '' });
    await libvirt.virsh('destroy', 'web-01');

    expect(await run('unenrol')).toBe(0);
    expect(await persistent()).toBe(before);
    expect(await run('unenrol')).toBe(0);
    expect(printed).toEqual(['0 unenrolled, 1 had nothing of ours, 0 failed']);
  });

  it("marks Nova's drive instead of adding a second one", async () => {
    const nova = `<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>
      <source file='${scratch}/disk.config'/><target dev='hda' bus='ide'/><readonly/></disk>`;
    await libvirt.define(domainXml('pc', nova));
    const before = await persistent();
    await run('enrol');
    const enrolled = await persistent();
    expect(enrolled.match(/device='cdrom'/g)).toHaveLength(1);
    expect(enrolled).toContain("<alias name='ua-ubugi'/>");
    await run('unenrol');
    expect(await persistent()).toBe(before);
  });

  it('uses a virtio-scsi controller that is there, on a free unit', async () => {
    const scsi = `<controller type='scsi' index='0' model='lsilogic'/><controller type='scsi' index='1' model='virtio-scsi'/>
      <disk type='file' device='disk'><source file='${scratch}/root.img'/><target dev='sda' bus='scsi'/>
      <address type='drive' controller='1' bus='0' target='0' unit='0'/></disk>`;
    await libvirt.define(domainXml('pc', scsi));
    const before = await persistent();
    await run('enrol');
    expect(await persistent()).toMatch(
      /<target dev='sdb' bus='scsi'\/>[^]*?<address type='drive' controller='1' bus='0' target='0' unit='1'\/>/,
    );
    expect((await persistent()).match(/model='virtio-scsi'/g)).toHaveLength(1);
    await run('unenrol');
    expect(await persistent()).toBe(before);
  });

  it('takes all domains of a pattern, and shows what would change without changing it', async () => {
    for (const [index, name] of ['web-01', 'web-02', 'db-01'].entries()) {
      await libvirt.define(domainXml('pc', '', name, `${instance.slice(0, -1)}${index}`));
    }
    const before = await persistent();
    expect(await run('enrol', { patterns: ['web-*'], dryRun: true, json: true })).toBe(0);
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({
      domains: [
        { name: 'web-01', outcome: 'would-change' },
        { name: 'web-02', outcome: 'would-change' },
      ],
    });
    expect(await persistent()).toBe(before);
    expect(await run('enrol', { patterns: ['web-*'] })).toBe(0);
    expect(printed.at(-1)).toBe('2 enrolled, 0 were enrolled before, 0 failed');
    expect(await run('enrol', { all: true })).toBe(0);
    expect(printed.at(-1)).toBe('1 enrolled, 2 were enrolled before, 0 failed');
  });

  it('asks first, and changes nothing without a yes or a terminal', async () => {
    await libvirt.define(domainXml('pc'));
    const before = await persistent();
    expect(await run('enrol', { domains: ['web-01'], yes: false }, async () => false)).toBe(1);
    expect(await run('enrol', { domains: ['web-01'], yes: false })).toBe(1);
    expect(printed).toContain('ubugi-hypervisor: there is no terminal to ask on; give --yes');
    expect(await persistent()).toBe(before);
    expect(await run('enrol', { domains: ['web-02'] })).toBe(1);
    expect(printed).toEqual(['ubugi-hypervisor: there is no domain web-02; see virsh list --all']);
  });

  it('gives a running domain what it takes', async () => {
    await libvirt.define(domainXml('pc', "<controller type='virtio-serial' index='0'/>"));
    await libvirt.virsh('start', 'web-01');
    const path = join(scratch, 'drives', `${instance}.iso`);
    await writeFile(path, Buffer.alloc(4096));

    expect(await run('enrol')).toBe(0);

    expect(printed.filter((line) => line.includes('until its next start'))).toEqual([]);
    const { signal } = new AbortController();
    const options = { uri: libvirt.uri, driveFolder: join(scratch, 'drives') };
    expect(await createLibvirtAdapter(runProgram, options, AbortSignal.abort()).list(signal)).toMatchObject([
      {
        state: 'running',
        drive: { path, device: 'sda' },
        reportSocket: expect.stringContaining('org.ubugi.report.0') as string,
      },
    ]);
  });

  it('says what a running domain lacks until its next start', async () => {
    await libvirt.define(domainXml('pc'));
    await libvirt.virsh('start', 'web-01');
    expect(await run('enrol')).toBe(0);
    expect(printed.filter((line) => line.includes('until its next start'))).toEqual([
      expect.stringMatching(/its disk: .*No such file/),
      expect.stringMatching(/its controller: .*cannot be hot plugged/),
      expect.stringMatching(/its channel: .*no virtio-serial controllers/),
    ]);
  });
});
