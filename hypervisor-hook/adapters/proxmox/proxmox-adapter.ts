import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { placeFile } from '../../drive-files/place-file.ts';
import { readRegularFile, systemErrorCode } from '../../drive-files/read-regular-file.ts';
import { oneLine } from '../../process/one-line.ts';
import { ProgramFailure, type RunProgram } from '../../process/run-program.ts';
import { chooseMarkedDrive } from '../libvirt/drive-choice.ts';
import { AdapterError, type Machine, type MachineAdapter } from '../machine-adapter.ts';
import { untilAborted } from '../until-aborted.ts';
import type { ProxmoxMachine } from './machine-configuration.ts';
import { readProxmoxMachine, readProxmoxMachines } from './proxmox-files.ts';

/** Where Proxmox VE and this host have their files. */
export interface ProxmoxOptions {
  /** `/etc/pve`. */
  readonly folder: string;
  readonly driveFolder: string;
  readonly stateFolder: string;
}

/** qm waits for locks of its own. */
const qmTimeoutMs = 60_000;
const mostBytes = 16 * 1024 * 1024;

/** Machines of Proxmox VE, by their configuration files and qm(1). */
export function createProxmoxAdapter(
  runProgram: RunProgram,
  { folder, driveFolder, stateFolder }: ProxmoxOptions,
): MachineAdapter {
  /** What a CD-ROM had before a change that was cut off: its configuration does not say so any more. */
  const journal = (vmid: string): string => join(stateFolder, `proxmox-${vmid}.json`);

  async function qm(args: readonly string[], signal: AbortSignal): Promise<string> {
    try {
      const run = await runProgram('qm', args, { timeoutMs: qmTimeoutMs, mostBytes, signal });
      if (run.status === 0) return run.stdout;
      throw new AdapterError(oneLine(`qm ${args.join(' ')} failed: ${run.stderr.trim()}`));
    } catch (error) {
      if (!(error instanceof ProgramFailure)) throw error;
      throw new AdapterError(oneLine(`qm ${args[0]} ${error.message}; see to Proxmox VE on this host`), {
        cause: error,
      });
    }
  }

  async function driveOf(vmid: string, machine: ProxmoxMachine): Promise<Machine['drive']> {
    // Never guessed: every other CD-ROM is somebody's install medium.
    const choice = chooseMarkedDrive(machine, driveFolder);
    if (choice.kind === 'drive') return { path: choice.path, device: choice.device };
    const before = await readJournal(journal(vmid));
    const empty = machine.cdroms.find(
      ({ target, volume }) => target === before?.device && volume === undefined,
    );
    return empty === undefined || before === undefined
      ? undefined
      : { path: before.path, device: before.device };
  }

  return {
    name: 'proxmox',
    list: async (signal) => {
      const running = runningNumbers(await qm(['list'], signal));
      const machines = await readProxmoxMachines(folder).catch((error: unknown) => {
        throw new AdapterError(`the machines in ${folder} cannot be read (${systemErrorCode(error)})`);
      });
      return Promise.all(
        [...machines].map(async ([vmid, machine]): Promise<Machine> => {
          const active = running.has(vmid);
          return {
            name: vmid,
            instance: machine.uuid,
            state: active ? 'running' : 'off',
            drive: await driveOf(vmid, machine),
            reportSocket: active ? machine.reportSocket : undefined,
          };
        }),
      );
    },
    swapMedium: async ({ name: vmid, drive }, signal) => {
      const reading = await readProxmoxMachine(folder, vmid);
      const present =
        reading.kind === 'machine'
          ? reading.machine.cdroms.find(({ target }) => target === drive?.device)
          : undefined;
      if (drive === undefined || present === undefined) {
        throw new AdapterError(`machine ${vmid} has no CD-ROM ${drive?.device ?? ''} any more`);
      }
      const volume = present.volume ?? (await readJournal(journal(vmid)))?.volume ?? drive.path;
      const set = (medium: string): Promise<string> =>
        qm(['set', vmid, `--${drive.device}`, `${medium},media=cdrom`], signal);
      await writeJournal(journal(vmid), { ...drive, volume });
      // Two steps: Proxmox VE does nothing where the volume stays the same.
      if (present.volume !== undefined) await set('none');
      await set(volume);
      await rm(journal(vmid), { force: true });
    },
    changed: untilAborted,
  };
}

/** `qm list`: number, name, status and more, a machine a line. */
function runningNumbers(table: string): ReadonlySet<string> {
  const running = new Set<string>();
  for (const line of table.split('\n')) {
    const [, vmid, state] = /^\s*(\d+)\s.*\s(running|paused|suspended)\s/.exec(`${line} `) ?? [];
    if (vmid !== undefined && state !== undefined) running.add(vmid);
  }
  return running;
}

interface CutOffChange {
  readonly device: string;
  readonly path: string;
  readonly volume: string;
}

async function readJournal(file: string): Promise<CutOffChange | undefined> {
  const reading = await readRegularFile(file, { mostBytes: 64 * 1024 });
  if (reading.kind !== 'file') return undefined;
  try {
    const value = JSON.parse(reading.bytes.toString('utf8')) as Partial<Record<keyof CutOffChange, unknown>>;
    const { device, path, volume } = value;
    if (typeof device !== 'string' || typeof path !== 'string' || typeof volume !== 'string')
      return undefined;
    return { device, path, volume };
  } catch {
    return undefined;
  }
}

async function writeJournal(file: string, change: CutOffChange): Promise<void> {
  const ownership = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mode: 0o600 };
  await placeFile(file, Buffer.from(JSON.stringify(change)), ownership).catch((error: unknown) => {
    throw new AdapterError(`${file} cannot be written (${systemErrorCode(error)})`);
  });
}
