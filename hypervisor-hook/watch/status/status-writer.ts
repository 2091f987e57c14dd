import { join } from 'node:path';
import { createBell } from '../pace/bell.ts';
import { pause } from '../pace/pause.ts';
import type { HostStatus } from './host-status.ts';
import { renderMetrics } from './metrics.ts';
import { replaceFile } from './replace-file.ts';

/** Name of the status file in the daemon's folder. */
export const statusFileName = 'status.json';

/** Writes the status for others to read. */
export interface StatusWriter {
  /** Something changed. */
  changed(): void;
  /** Writes after changes, and every `everyMs`, until the signal aborts, and then once more. Never throws. */
  run(signal: AbortSignal): Promise<void>;
}

/** Where and how often. */
export interface StatusWriterOptions {
  /** The daemon's folder. */
  readonly folder: string;
  /** Prometheus text file; undefined: none. */
  readonly metricsFile: string | undefined;
  readonly everyMs: number;
}

/** Many changes at once are one status. */
const leastIntervalMs = 500;

/** Makes a writer. @param log told once when it cannot be written, and again when it can */
export function createStatusWriter(
  { status, log }: { readonly status: () => HostStatus; readonly log: (line: string) => void },
  { folder, metricsFile, everyMs }: StatusWriterOptions,
): StatusWriter {
  const bell = createBell();
  let failing = false;

  async function write(): Promise<void> {
    try {
      const current = status();
      // It names machines and what is wrong with them: not for every user of the host.
      await replaceFile(join(folder, statusFileName), `${JSON.stringify(current, undefined, 1)}\n`, 0o600);
      if (metricsFile !== undefined) await replaceFile(metricsFile, renderMetrics(current), 0o644);
      failing = false;
    } catch (error) {
      if (!failing)
        log(`the status cannot be written: ${error instanceof Error ? error.message : 'unknown error'}`);
      failing = true;
    }
  }

  return {
    changed: () => bell.ring(),
    async run(signal) {
      while (!signal.aborted) {
        await write();
        await pause(leastIntervalMs, signal);
        await bell.wait(everyMs, signal);
      }
      await write();
    },
  };
}
