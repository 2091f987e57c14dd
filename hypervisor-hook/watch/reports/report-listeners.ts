import type { Machine } from '../../adapters/machine-adapter.ts';
import { type ListenerOptions, type ListenerPorts, listenToGuest } from './report-listener.ts';

/** Listens to every guest that can be heard. */
export interface ReportListeners {
  /** Starts and stops listening so that it is these machines' guests. */
  follow(machines: readonly Machine[]): void;
  /** Settles when nobody is listened to any more. */
  close(): Promise<void>;
}

interface Listener {
  readonly socket: string;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Makes listeners. */
export function createReportListeners(ports: ListenerPorts, options: ListenerOptions): ReportListeners {
  const listeners = new Map<string, Listener>();
  const ending = new Set<Promise<void>>();

  function stop(instance: string, { stop: stopping, ended }: Listener): void {
    stopping.abort();
    listeners.delete(instance);
    ending.add(ended);
    void ended.finally(() => ending.delete(ended));
  }

  return {
    follow(machines) {
      const heard = new Map(
        machines.flatMap(({ name, instance, state, reportSocket }) =>
          state === 'running' && reportSocket !== undefined
            ? [[instance, { name, instance, socket: reportSocket }] as const]
            : [],
        ),
      );
      for (const [instance, listener] of listeners) {
        if (heard.get(instance)?.socket !== listener.socket) stop(instance, listener);
      }
      for (const [instance, guest] of heard) {
        if (listeners.has(instance)) continue;
        const stopping = new AbortController();
        const ended = listenToGuest(guest, ports, options, stopping.signal);
        listeners.set(instance, { socket: guest.socket, stop: stopping, ended });
      }
    },
    async close() {
      for (const [instance, listener] of listeners) stop(instance, listener);
      await Promise.all(ending);
    },
  };
}
