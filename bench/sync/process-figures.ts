import { readFile, writeFile } from 'node:fs/promises';

/** What a process takes, by proc(5). */
export interface ProcessFigures {
  readonly residentBytes: number;
  /** Most that was resident at once since the start, or since {@link resetPeak}. */
  readonly peakBytes: number;
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
}

/** USER_HZ: 100 on every architecture that Linux has left. */
const ticksPerSecond = 100;

export async function readProcess(pid: number): Promise<ProcessFigures> {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  // The name, in parentheses, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    residentBytes: bytesOf(status, 'VmRSS'),
    peakBytes: bytesOf(status, 'VmHWM'),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
  };
}

/** Makes VmHWM begin again at what is resident now. */
export async function resetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

function bytesOf(status: string, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`the kernel does not tell ${name} of a process`);
  return Number(kibibytes) * 1024;
}
