import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { exampleInstances } from '../harness/example-server.ts';
import type { GuestSystem } from '../harness/guest-image/guest-disk.ts';
import { aliceSudoRules, expectedWeb01, observe, readReport, sudoRules } from './dressed-machine.ts';
import { type MachineRoom, openMachineRoom } from './machine-room.ts';

const POLL = { timeout: 600_000, interval: 2000 } as const;

/** How one kind of machine does what all can do. */
export interface MachineHabits {
  /** Runs the boot's service once more, and fails when that fails. */
  readonly again: string;
  /** Prints what has failed since the boot; nothing where all went well. */
  readonly failed: string;
  /** What its network service says of itself. */
  readonly network: { readonly question: string; readonly answer: RegExp };
}

/**
 * What every machine with the launcher goes through, whatever starts its services and its network: it boots and is
 * dressed, runs again, gets a medium while it runs, and boots again.
 */
export function describeMachineLife(system: GuestSystem, { again, failed, network }: MachineHabits): void {
  describe(`a machine with ${system}`, () => {
    let room: MachineRoom;
    beforeAll(async () => {
      room = await openMachineRoom('launcher', system);
      await room.whenUp('operator', 'true');
    });
    afterAll(() => room?.close());

    const report = async (): Promise<AgentReport> =>
      readReport(await room.asRoot('cat /run/ubugi/report.json'));

    /** Dressed as web-01 of that generation, and nobody is in who should not be. */
    async function expectDressed(people: {
      readonly in: 'carol' | 'dave';
      readonly out: 'carol' | 'dave';
    }): Promise<AgentReport> {
      const { report: last, ...machine } = await observe(room);
      expect(machine).toEqual(expectedWeb01);
      const { exitCode, stdout } = await room.as('alice', 'id -un; sudo -n -l');
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^alice\n/);
      expect(sudoRules(stdout)).toEqual(aliceSudoRules);
      expect((await room.as(people.in, 'true')).exitCode).toBe(0);
      expect(await room.as(people.out, 'true')).toMatchObject({
        exitCode: 255,
        stderr: expect.stringContaining('Permission denied') as string,
      });
      expect(await room.asRoot(failed)).toBe('');
      expect(await room.asRoot(network.question)).toMatch(network.answer);
      return last;
    }

    test('is dressed when its sshd answers', async () => {
      expect(await expectDressed({ in: 'carol', out: 'dave' })).toMatchObject({
        instance: exampleInstances.web01,
        generation: 1,
        outcome: 'applied',
        trigger: 'boot',
        verified: true,
      });
      expect(room.machine.console.text()).toMatch(
        /(^|\[K)ubugi: generation 1 of web-01 applied, \d+ changes/m,
      );
    });

    test('a second run writes nothing', async () => {
      await room.asRoot(`touch /run/before; ${again}`);
      expect(await report()).toMatchObject({ outcome: 'unchanged', generation: 1 });
      const written = 'find /etc /home /srv /usr /var/lib/ubugi -xdev -cnewer /run/before';
      expect(await room.asRoot(written)).toBe('');
    });

    test('a medium put in while it runs is applied, and its next boot finds nothing to do', async () => {
      await room.server.editDirectory([[/(cn: web-admins[^]*?)memberUid: carol/, '$1memberUid: dave']]);
      await room.server.sync();
      await room.machine.changeMedium(0, await room.server.drive(exampleInstances.web01));
      await expect
        .poll(report, POLL)
        .toMatchObject({ generation: 2, trigger: 'medium-change', outcome: 'applied' });
      await expectDressed({ in: 'dave', out: 'carol' });

      const bootId = await room.asRoot('cat /proc/sys/kernel/random/boot_id');
      await room.as('operator', 'reboot');
      await expect
        .poll(async () => (await room.whenUp('operator', 'cat /proc/sys/kernel/random/boot_id')).stdout, POLL)
        .not.toBe(bootId);
      expect(await expectDressed({ in: 'dave', out: 'carol' })).toMatchObject({
        generation: 2,
        outcome: 'unchanged',
        trigger: 'boot',
      });
    });
  });
}
