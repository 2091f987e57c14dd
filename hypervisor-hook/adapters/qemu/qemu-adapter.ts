import { readFile } from 'node:fs/promises';
import type { QemuMachine } from '../../configuration/configuration.ts';
import { AdapterError, type Machine, type MachineAdapter } from '../machine-adapter.ts';
import { untilAborted } from '../until-aborted.ts';
import { changeMedium } from './change-medium.ts';
import { connectQmp } from './qmp-client.ts';

/** `__SO_ACCEPTCON` of Linux. */
const acceptsConnections = '00010000';

/** Machines that people start as QEMU processes, as the configuration lists them; their media are changed by QMP. */
export function createQemuAdapter(machines: readonly QemuMachine[]): MachineAdapter {
  return {
    name: 'qemu',
    list: async () => {
      const listening = await listeningSockets();
      return machines.map(({ name, instance, qmpSocket, device, drive, reportSocket }): Machine => {
        const running = listening.has(qmpSocket);
        return {
          name,
          instance,
          state: running ? 'running' : 'off',
          drive: { path: drive, device },
          reportSocket: running ? reportSocket : undefined,
        };
      });
    },
    swapMedium: async ({ name, drive }, signal) => {
      const machine = machines.find((candidate) => candidate.name === name);
      if (machine === undefined || drive === undefined) {
        throw new AdapterError(`there is no machine ${name} in qemu.machines of the configuration`);
      }
      const qmp = await connectQmp(machine.qmpSocket, signal);
      try {
        await changeMedium(qmp, drive.device, drive.path);
      } finally {
        qmp.close();
      }
    },
    changed: untilAborted,
  };
}

/**
 * Paths of the Unix sockets on which somebody listens (proc(5)): a file alone may be a dead process's, and trying the
 * socket would take the one place that QEMU has for a client.
 */
async function listeningSockets(): Promise<ReadonlySet<string>> {
  const table = await readFile('/proc/net/unix', 'utf8');
  const paths = new Set<string>();
  for (const line of table.split('\n')) {
    const [, flags, path] = /^\S+: \S+ \S+ (\S+) \S+ \S+ +\d+ (\/.*)$/.exec(line) ?? [];
    if (path !== undefined && flags === acceptsConnections) paths.add(path);
  }
  return paths;
}
