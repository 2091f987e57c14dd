/**
 * `node bench/hook.ts [ROUNDS]`: `virsh start` of a domain of real libvirt and QEMU, with the hook and a real metadata
 * server, and without any hook: two libvirtds that differ in nothing else. Each round starts the domain once in every
 * way, in turns, so that another load on the machine hits all of them. The last line is one JSON object.
 */
import { copyFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { hypervisorExecutable } from '../test/harness/hook-host.ts';
import { openHypervisorHost } from '../test/harness/hypervisor-host.ts';
import { type Libvirt, startLibvirt } from '../test/harness/libvirt.ts';
import { serveSite } from '../test/harness/served-site.ts';

const root = join(import.meta.dirname, '..');
const instance = '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a01';
const domain = 'web-01';
const lifetimeMs = 1_200_000;

/** Milliseconds of `virsh start`, from the command to its end. */
interface Times {
  readonly medianMs: number;
  readonly p90Ms: number;
}

/** The bench's result, as it is printed in JSON. */
interface HookBench {
  readonly bench: 'hook';
  readonly cores: number;
  readonly rounds: number;
  /** No hook at all. */
  readonly plain: Times;
  /** The drive is in place, and the server says that it is the newest. */
  readonly warm: Times;
  /** The host has nothing: the drive is fetched, verified, placed and kept. */
  readonly cold: Times;
  /** What the hook adds, between medians. */
  readonly warmAddsMs: number;
  readonly coldAddsMs: number;
  readonly warmRatio: number;
  readonly coldRatio: number;
}

/** Firmware only: what the guest does is not measured. */
function domainXml(drive: string): string {
  return `<domain type='qemu'><name>${domain}</name><uuid>${instance}</uuid>
<memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='${drive}'/>
<target dev='hda' bus='ide'/><readonly/><alias name='ua-ubugi'/></disk></devices></domain>`;
}

/** @returns milliseconds */
async function timeStart(libvirt: Libvirt): Promise<number> {
  const from = performance.now();
  const { status, stderr } = await libvirt.virsh('start', domain);
  const ms = performance.now() - from;
  if (status !== 0) throw new Error(`virsh start ${domain}: ${stderr}`);
  await libvirt.virsh('destroy', domain);
  return ms;
}

async function measure(rounds: number): Promise<HookBench> {
  const hooked = await startLibvirt(await hypervisorExecutable());
  const plain = await startLibvirt(await hypervisorExecutable());
  const site = await serveSite({ payloadFolder: join(root, 'build/payload'), lifetimeMs });
  try {
    await site.operate('sync');
    const { driveFolder } = await openHypervisorHost(site, hooked);
    const drive = `/var/lib/ubugi/drives/${domain}.iso`;
    for (const libvirt of [hooked, plain]) await libvirt.define(domainXml(drive));
    // The first start of each: what libvirt asks QEMU once, and the drive that the server builds.
    await timeStart(hooked);
    await copyFile(join(driveFolder, `${domain}.iso`), join(plain.driveRoot, `drives/${domain}.iso`));
    await timeStart(plain);

    const times = { plain: [] as number[], warm: [] as number[], cold: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.warm.push(await timeStart(hooked));
      times.plain.push(await timeStart(plain));
      await rm(join(driveFolder, `${domain}.iso`));
      await rm(join(hooked.stateFolder, 'instances'), { recursive: true });
      times.cold.push(await timeStart(hooked));
    }
    const [none, warm, cold] = [timesOf(times.plain), timesOf(times.warm), timesOf(times.cold)];
    return {
      bench: 'hook',
      cores: availableParallelism(),
      rounds,
      plain: none,
      warm,
      cold,
      warmAddsMs: round(warm.medianMs - none.medianMs),
      coldAddsMs: round(cold.medianMs - none.medianMs),
      warmRatio: round(warm.medianMs / none.medianMs),
      coldRatio: round(cold.medianMs / none.medianMs),
    };
  } finally {
    await site.stop();
    for (const libvirt of [hooked, plain]) {
      await libvirt.virsh('destroy', domain);
      await libvirt.stop();
    }
  }
}

function timesOf(values: readonly number[]): Times {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (part: number): number => round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0);
  return { medianMs: at(0.5), p90Ms: at(0.9) };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const rounds = Number(process.argv[2] ?? 15);
const result = await measure(rounds);
const { plain, warm, cold, warmAddsMs, coldAddsMs } = result;
const row = (name: string, { medianMs, p90Ms }: Times, adds: string): string => {
  const figures = [medianMs.toFixed(0).padStart(9), p90Ms.toFixed(0).padStart(7), adds.padStart(9)];
  return [name.padEnd(34), ...figures].join(' ');
};
console.log(`virsh start, real libvirt and QEMU, ${rounds} rounds, ${result.cores} cores\n`);
console.log(`${''.padEnd(34)} median ms  p90 ms  adds ms`);
console.log(row('without a hook', plain, ''));
console.log(row('with the hook, drive in place', warm, warmAddsMs.toFixed(0)));
console.log(row('with the hook, nothing on the host', cold, coldAddsMs.toFixed(0)));
console.log(JSON.stringify(result));
