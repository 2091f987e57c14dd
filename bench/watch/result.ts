import type { WatchBenchOptions, WatchMeasurement } from './measure.ts';

/** The figures, as the last line has them. */
export interface WatchResult {
  readonly bench: 'watch';
  readonly hosts: number;
  readonly instances: number;
  /** Resident memory of the server. */
  readonly memoryMiB: { readonly before: number; readonly waiting: number; readonly kibibytesAHost: number };
  /** Share of one processor. */
  readonly idleCpu: number;
  readonly peer: {
    readonly name: string;
    readonly hosts: number;
    readonly requestsASecond: number;
    readonly cpu: number;
    /** For as many hosts as wait, by the hosts that were measured. */
    readonly cpuForAll: number;
  };
  /** How many times more the peer takes. */
  readonly cpuRatio: number;
  readonly oneHostSeconds: number;
  readonly syncSeconds: number;
  readonly allHostsSeconds: number;
}

const mebibyte = 1024 * 1024;
/** The kernel counts CPU in hundredths of a second: less than one cannot be told from nothing. */
const leastCpu = (seconds: number): number => 0.01 / seconds;

/** Puts the figures together. */
export function watchResult(options: WatchBenchOptions, measured: WatchMeasurement): WatchResult {
  const { hosts, instancesPerHost, peerHosts, peerEverySeconds, idleSeconds } = options;
  const { bytesBefore, bytesWaiting, cpuWaiting, cpuPeer } = measured;
  const cpuForAll = (cpuPeer * hosts) / peerHosts;
  return {
    bench: 'watch',
    hosts,
    instances: hosts * instancesPerHost,
    memoryMiB: {
      before: rounded(bytesBefore / mebibyte, 1),
      waiting: rounded(bytesWaiting / mebibyte, 1),
      kibibytesAHost: rounded(Math.max(0, bytesWaiting - bytesBefore) / 1024 / hosts, 1),
    },
    idleCpu: rounded(cpuWaiting, 4),
    peer: {
      name: `a GET with If-None-Match of each drive every ${peerEverySeconds} s`,
      hosts: peerHosts,
      requestsASecond: rounded(measured.peerRequestsASecond, 1),
      cpu: rounded(cpuPeer, 4),
      cpuForAll: rounded(cpuForAll, 2),
    },
    cpuRatio: rounded(cpuForAll / Math.max(cpuWaiting, leastCpu(idleSeconds)), 1),
    oneHostSeconds: rounded(measured.oneSeconds, 3),
    syncSeconds: rounded(measured.syncSeconds, 2),
    allHostsSeconds: rounded(measured.allSeconds, 2),
  };
}

/** The table for people. */
export function describeWatch(result: WatchResult): string {
  const { memoryMiB, peer } = result;
  return [
    `${result.hosts} hypervisors with ${result.instances} instances wait at one server`,
    '',
    `  memory                ${memoryMiB.before} MiB before, ${memoryMiB.waiting} MiB with all waiting (${memoryMiB.kibibytesAHost} KiB each)`,
    `  CPU, nothing changes  ${percent(result.idleCpu)} of a processor`,
    `  peer                  ${peer.name}: ${percent(peer.cpu)} for ${peer.hosts} hosts,`,
    `                        ${percent(peer.cpuForAll)} for all: ${result.cpuRatio} times as much`,
    `  one drive changes     its host is told after ${result.oneHostSeconds} s`,
    `  all drives change     the last host is told ${result.allHostsSeconds} s after the sync, which takes ${result.syncSeconds} s`,
  ].join('\n');
}

function percent(share: number): string {
  return `${rounded(share * 100, 2)} %`;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
