/**
 * `node bench/guest.ts [--native]`: from launcher start to everything applied, against stock cloud-init doing the same
 * with the same values, natively in a chroot of the guest image, and, unless `--native`, in the same virtual machine.
 * Needs root. The last line is one JSON object.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { prepareInput } from './guest/guest-input.ts';
import { measureInChroot } from './guest/in-chroot.ts';
import { measureInMachine } from './guest/in-machine.ts';
import { resourceNames, timesOf } from './guest/resource-times.ts';

/** Fresh roots for each of the two. */
const runs = 5;

const native = process.argv.includes('--native');
const dir = await mkdtemp(join(tmpdir(), 'ubugi-bench-guest-'));
try {
  const input = await prepareInput(dir);
  await mkdir(join(dir, 'chroot'));
  const chroot = await measureInChroot(join(dir, 'chroot'), input, runs);
  const machine = native ? undefined : await measureInMachine(dir, input);
  const ours = median(chroot.ubugi);
  const peer = median(chroot.cloudInit);
  const unchanged = median(chroot.ubugiUnchanged);
  const byResource = resourceNames(chroot.resources).map((name) => ({
    resource: name,
    firstMs: median(timesOf(name, chroot.resources)),
    againMs: median(timesOf(name, chroot.resourcesUnchanged)),
  }));
  const table = new Table({
    head: ['where', 'ubugi', 'cloud-init', 'ratio'],
    style: { head: [], border: [] },
  });
  table.push(
    [`chroot, median of ${runs}`, `${ours.toFixed(0)} ms`, `${peer.toFixed(0)} ms`, times(peer / ours)],
    [
      'chroot, again, nothing to do',
      `${unchanged.toFixed(0)} ms`,
      '',
      `${times(unchanged / ours)} of the first`,
    ],
  );
  if (machine !== undefined) {
    const { acceleration, ubugiSeconds, cloudInitSeconds } = machine;
    const ratio = times(cloudInitSeconds / ubugiSeconds);
    table.push([
      `virtual machine (${acceleration})`,
      `${ubugiSeconds.toFixed(1)} s`,
      `${cloudInitSeconds.toFixed(1)} s`,
      ratio,
    ]);
  }
  console.log(table.toString());
  const resources = new Table({
    head: ['resource', 'first apply', 'second apply'],
    style: { head: [], border: [] },
  });
  resources.push(
    ...byResource.map(({ resource, firstMs, againMs }) => [
      resource,
      `${firstMs.toFixed(1)} ms`,
      `${againMs.toFixed(1)} ms`,
    ]),
  );
  console.log(resources.toString());
  console.log(
    JSON.stringify({
      bench: 'guest',
      chroot: {
        ubugiMs: round(ours),
        ubugiRunsMs: chroot.ubugi.map(round),
        ubugiUnchangedMs: round(unchanged),
        ubugiUnchangedRatio: Math.round((unchanged / ours) * 100) / 100,
        resources: Object.fromEntries(
          byResource.map(({ resource, firstMs, againMs }) => [resource, [round(firstMs), round(againMs)]]),
        ),
        cloudInitMs: round(peer),
        ratio: round(peer / ours),
      },
      ...(machine === undefined
        ? {}
        : { machine: { ...machine, ratio: round(machine.cloudInitSeconds / machine.ubugiSeconds) } }),
    }),
  );
} finally {
  await rm(dir, { recursive: true, force: true });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function times(ratio: number): string {
  return `${ratio.toFixed(1)}×`;
}
