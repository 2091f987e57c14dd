import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { exampleInstances } from '../harness/example-server.ts';
import { hypervisorExecutable } from '../harness/hook-host.ts';
import { type Libvirt, startLibvirt } from '../harness/libvirt.ts';
import { domainName, startLibvirtMachine } from '../harness/virtual-machine/libvirt-machine.ts';
import type { SshSession } from '../harness/virtual-machine/ssh.ts';
import { guestNetwork } from '../harness/virtual-machine/virtual-machine.ts';
import { aliceSudoRules, expectedWeb01, observe, readReport, sudoRules } from './dressed-machine.ts';
import { type MachineRoom, openMachineRoom } from './machine-room.ts';

const POLL = { timeout: 600_000, interval: 2000 } as const;
const WAIT_MS = 600_000;
const KEY_FILE = '/etc/ssh/authorized_keys.d/carol';

/** What carol has on the machine, as she is seen from inside. */
const LOOK_AT_CAROL = `
look() {
  echo "report: $(grep -c '"generation": 2' /run/ubugi/report.json)"
  echo "link: $(cat /sys/class/net/$link/operstate)"
  echo "processes: $(cat /proc/[0-9]*/status 2>/dev/null | grep -cE '^Uid:.*[[:space:]]5003([[:space:]]|$)')"
  echo "sudo: $(sudo -l -U carol | grep -c NOPASSWD)"
  echo "key: $(cat ${KEY_FILE} 2>/dev/null | wc -l)"
  echo "password: $(getent shadow carol | cut -d: -f2)"
}
link=$(ip -o link | grep ${guestNetwork.mac} | cut -d: -f2 | tr -d ' ')
`;

/** Takes the network away, waits for generation 2 to be applied, and notes what is there then. */
const WITHOUT_NETWORK = `${LOOK_AT_CAROL}
ip link set "$link" down
echo 'test: no network' >/dev/console
tries=0
until grep -q '"generation": 2' /run/ubugi/report.json || [ $tries -ge 1200 ]; do tries=$((tries + 1)); sleep 0.5; done
look >/root/notes
ip link set "$link" up
echo 'test: network again' >/dev/console
`;

let libvirt: Libvirt;
let room: MachineRoom;
let alice: SshSession;
let carol: SshSession;

beforeAll(async () => {
  libvirt = await startLibvirt(await hypervisorExecutable());
  room = await openMachineRoom('launcher', 'systemd-networkd', [], undefined, (options) =>
    startLibvirtMachine(libvirt, options),
  );
  await room.whenUp('operator', 'true');
});

afterAll(async () => {
  await room?.close();
  await libvirt?.stop();
});

const report = async (): Promise<AgentReport> => readReport(await room.asRoot('cat /run/ubugi/report.json'));

/** Makes the next generation, with another person in the place of one, and puts it in with `virsh change-media`. */
async function replace(gone: 'carol' | 'dave', next: 'carol' | 'dave'): Promise<void> {
  const members = new RegExp(`(cn: web-admins[^]*?)memberUid: ${gone}`);
  await room.server.editDirectory([[members, `$1memberUid: ${next}`]]);
  await room.server.sync();
  await room.machine.changeMedium(0, await room.server.drive(exampleInstances.web01));
}

async function expectIn(person: 'carol' | 'dave', out: 'carol' | 'dave'): Promise<void> {
  const { stdout } = await room.as('alice', 'sudo -n -l');
  expect(sudoRules(stdout)).toEqual(aliceSudoRules);
  expect(sudoRules((await room.as(person, 'sudo -n -l')).stdout)).toEqual(aliceSudoRules);
  expect(await room.as(out, 'true')).toMatchObject({
    exitCode: 255,
    stderr: expect.stringContaining('Permission denied') as string,
  });
}

describe('a machine of libvirt, with systemd-networkd', () => {
  test('is dressed, and people work on it', async () => {
    const { report: first, ...machine } = await observe(room);
    expect(machine).toEqual(expectedWeb01);
    expect(first).toMatchObject({ generation: 1, outcome: 'applied', trigger: 'boot', verified: true });
    await expectIn('carol', 'dave');
    [alice, carol] = [room.stay('alice', 'cat'), room.stay('carol', 'sleep 100000 & echo here; wait')];
    alice.write('hello');
    await expect.poll(() => alice.output(), POLL).toBe('hello\n');
    await expect.poll(() => carol.output(), POLL).toBe('here\n');
    const seen = await room.asRoot(`${LOOK_AT_CAROL} look`);
    expect(seen).toMatch(/^link: up\nprocesses: [2-9]\nsudo: 1\nkey: [1-9]\npassword: \*$/m);
  });

  test('takes all from a removed person by a medium alone, with no network', async () => {
    await room.asRoot(`cat >/root/without-network <<'END'\n${WITHOUT_NETWORK}\nEND`);
    await room.asRoot('systemd-run --quiet --collect sh /root/without-network');
    await room.machine.console.waitFor(/test: no network/, WAIT_MS);
    await replace('carol', 'dave');
    await room.machine.console.waitFor(/test: network again/, WAIT_MS);

    expect((await carol.ended).exitCode).toBe(255);
    expect((await room.asRoot('cat /root/notes')).split('\n')).toEqual([
      'report: 1',
      'link: down',
      'processes: 0',
      'sudo: 0',
      'key: 0',
      expect.stringMatching(/^password: !/),
    ]);
    expect(await report()).toMatchObject({ generation: 2, trigger: 'medium-change', outcome: 'applied' });
    await expectIn('dave', 'carol');
    alice.write('still here');
    await expect.poll(() => alice.output(), POLL).toBe('hello\nstill here\n');
  });

  test('keeps it so after a boot', async () => {
    const bootId = await room.asRoot('cat /proc/sys/kernel/random/boot_id');
    await room.as('operator', 'reboot');
    await expect
      .poll(async () => (await room.whenUp('operator', 'cat /proc/sys/kernel/random/boot_id')).stdout, POLL)
      .not.toBe(bootId);
    const { report: last, ...machine } = await observe(room);
    expect(machine).toEqual(expectedWeb01);
    expect(last).toMatchObject({ generation: 2, outcome: 'unchanged', trigger: 'boot' });
    await expectIn('dave', 'carol');
    expect(await room.asRoot('systemctl --failed --no-legend --plain')).toBe('');
  });

  test('lives on while libvirtd starts anew, and gets the next medium from that one', async () => {
    const pid = await libvirt.qemuPid(domainName);
    await libvirt.restartDaemon();
    // Answered only when libvirtd has reconnected.
    const monitor = await libvirt.virsh('qemu-monitor-command', domainName, '--hmp', 'info status');
    expect(monitor.stdout).toContain('running');
    expect(await libvirt.qemuPid(domainName)).toBe(pid);
    await replace('dave', 'carol');
    await expect.poll(report, POLL).toMatchObject({ generation: 3, trigger: 'medium-change' });
    await expectIn('carol', 'dave');
  });
});
