import type { Heartbeat, HostServer } from '../../metadata-server/host-server.ts';
import type { Random } from '../pace/back-off.ts';
import { pause } from '../pace/pause.ts';

/** What sending heartbeats needs of the world. */
export interface HeartbeatPorts {
  readonly server: Pick<HostServer, 'heartbeat'>;
  readonly beat: () => Heartbeat;
  readonly random: Random;
  readonly log: (line: string) => void;
}

/** Says regularly that this host lives, until the signal aborts. Never throws. */
export async function beatRegularly(
  { server, beat, random, log }: HeartbeatPorts,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  let failing = false;
  // Hosts that were started together do not beat together.
  await pause(Math.min(everyMs, 5000) * random(), signal);
  while (!signal.aborted) {
    const problem = await server.heartbeat(beat());
    if (problem !== undefined && !failing && !signal.aborted) log(`the heartbeat was not taken: ${problem}`);
    failing = problem !== undefined;
    await pause(everyMs * (0.9 + 0.2 * random()), signal);
  }
}
