import { setTimeout as delay } from 'node:timers/promises';
import { programEnvironment } from '../../process/run-program.ts';
import { virshArguments } from './virsh.ts';

/** What tells that domains came, went, started or stopped. */
export interface DomainEvents {
  /** Settles when something happened since the last call settled, or when the signal aborts. Never throws. */
  changed(signal: AbortSignal): Promise<void>;
}

/** One listener's life: an orphan, left by a killed daemon, lives no longer. */
const listenSeconds = 3600;

/** From the answered connection until virsh has surely registered for events. */
const registeredMs = 1000;

/** Events of one start come in one go. */
const gatherMs = 200;

const firstBackOffMs = 500;
const mostBackOffMs = 60_000;

/**
 * Listens with a long-lived `virsh event`, from the first call of `changed` until the lifetime ends. A listener that
 * ended, or lost its connection, is replaced with back-off; what happened meanwhile counts as one event.
 */
export function createDomainEvents(uri: string, lifetime: AbortSignal): DomainEvents {
  const waiting = new Set<() => void>();
  let happened = false;
  let listening = false;

  const note = (): void => {
    happened = true;
    for (const wake of waiting) wake();
  };

  async function listen(): Promise<void> {
    let backOffMs = firstBackOffMs;
    while (!lifetime.aborted) {
      const connected = await listenOnce(uri, lifetime, note);
      backOffMs = connected ? firstBackOffMs : Math.min(mostBackOffMs, backOffMs * 2);
      const jitter = 0.5 + Math.random() / 2;
      await delay(backOffMs * jitter, undefined, { signal: lifetime, ref: false }).catch(() => undefined);
    }
  }

  return {
    changed: async (signal) => {
      if (!listening) {
        listening = true;
        void listen();
      }
      if (!happened && !signal.aborted && !lifetime.aborted) {
        const either = AbortSignal.any([signal, lifetime]);
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake);
            either.removeEventListener('abort', wake);
            resolve();
          };
          waiting.add(wake);
          either.addEventListener('abort', wake, { once: true });
        });
      }
      if (happened) await delay(gatherMs, undefined, { signal }).catch(() => undefined);
      happened = false;
    },
  };
}

/** Listens until the listener ends. Gives whether it was connected. Never throws. */
async function listenOnce(uri: string, lifetime: AbortSignal, note: () => void): Promise<boolean> {
  const { spawn } = await import('node:child_process');
  // `hostname` is answered when the connection stands. An event listener alone would not say so.
  const commands = `hostname; event --event lifecycle --loop --timeout ${listenSeconds}`;
  const child = spawn('virsh', [...virshArguments(uri), commands], {
    env: programEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  let connected = false;
  let registered: NodeJS.Timeout | undefined;
  child.stdout.on('data', () => {
    if (connected) note();
    else registered = setTimeout(note, registeredMs).unref();
    connected = true;
  });
  // virsh says that the connection broke, and waits on.
  child.stderr.on('data', kill);
  lifetime.addEventListener('abort', kill, { once: true });
  process.once('exit', kill);
  child.unref();
  for (const stream of [child.stdout, child.stderr]) {
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
  await new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
  clearTimeout(registered);
  lifetime.removeEventListener('abort', kill);
  process.removeListener('exit', kill);
  return connected;
}
