import type { HypervisorConfiguration } from '../../schemas/types/hypervisor-configuration.ts';

/** What the configuration says of the daemon, with defaults filled in. */
export interface WatchSettings {
  readonly waitSeconds: number;
  readonly reconcileMs: number;
  readonly heartbeatMs: number;
  readonly keepGenerations: number;
  readonly removalGraceMs: number;
  readonly spool: {
    readonly mostPerMachine: number;
    readonly mostBytesPerMachine: number;
    readonly mostBytes: number;
  };
  readonly metricsFile: string | undefined;
}

const secondMs = 1000;
const hourMs = 3_600_000;
const megabyte = 1_000_000;

/** Fills in defaults. @param path makes a path absolute */
export function readWatchSettings(
  value: NonNullable<HypervisorConfiguration['watch']>,
  path: (relative: string) => string,
): WatchSettings {
  const { spool = {} } = value;
  return {
    waitSeconds: value.waitSeconds ?? 240,
    reconcileMs: (value.reconcileSeconds ?? 300) * secondMs,
    heartbeatMs: (value.heartbeatSeconds ?? 60) * secondMs,
    keepGenerations: value.keepGenerations ?? 3,
    removalGraceMs: (value.removalGraceHours ?? 24) * hourMs,
    spool: {
      mostPerMachine: spool.reportsPerMachine ?? 200,
      mostBytesPerMachine: (spool.megabytesPerMachine ?? 8) * megabyte,
      mostBytes: (spool.megabytes ?? 128) * megabyte,
    },
    metricsFile: value.metricsFile === undefined ? undefined : path(value.metricsFile),
  };
}
