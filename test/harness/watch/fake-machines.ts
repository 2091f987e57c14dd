import { readFile, stat } from 'node:fs/promises';
import {
  AdapterError,
  type Machine,
  type MachineAdapter,
} from '../../../hypervisor-hook/adapters/machine-adapter.ts';
import { fileIdentity } from '../../../hypervisor-hook/watch/machines/open-files.ts';

/** Machines that need no hypervisor: what QEMU would have open is kept as bytes. */
export interface FakeMachines {
  readonly adapter: MachineAdapter;
  /** What the machines have open, as `/proc` would say. */
  readonly openFiles: () => Promise<ReadonlySet<string>>;
  /** Defines a machine, or changes it. */
  define(machine: Machine): void;
  /** Starts a machine: it opens what lies at its path. */
  start(instance: string): Promise<void>;
  stop(instance: string): void;
  undefine(instance: string): void;
  /** What the machine has as its medium. */
  readonly medium: (instance: string) => Buffer | undefined;
  /** Instances whose medium was swapped, in order; failed attempts as well. */
  readonly swaps: readonly string[];
  /** How swaps of a machine go from now on. */
  failSwaps(instance: string, how: 'not' | 'fail' | 'hang'): void;
  failLists(fail: boolean): void;
  /** How often the host was asked. */
  readonly lists: () => number;
}

/** A host without machines. */
export function createFakeMachines(): FakeMachines {
  const machines = new Map<string, Machine>();
  const media = new Map<string, { readonly content: Buffer; readonly file: string }>();
  const failing = new Map<string, 'not' | 'fail' | 'hang'>();
  const swaps: string[] = [];
  const waiting = new Set<() => void>();
  let listsFail = false;
  let lists = 0;
  let happened = false;

  const changed = (): void => {
    happened = true;
    for (const wake of waiting) wake();
  };
  const open = async (instance: string): Promise<void> => {
    const path = machines.get(instance)?.drive?.path ?? '';
    media.set(instance, { content: await readFile(path), file: fileIdentity(await stat(path)) });
  };

  return {
    adapter: {
      name: 'libvirt',
      async list() {
        lists += 1;
        if (listsFail) throw new AdapterError('libvirtd does not answer: restart it');
        return [...machines.values()];
      },
      async swapMedium({ instance, name }, signal) {
        swaps.push(instance);
        const how = failing.get(instance) ?? 'not';
        if (how === 'fail') throw new AdapterError(`domain ${name} holds its medium: see in the guest`);
        if (how === 'hang') {
          await new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new AdapterError(`domain ${name} did not answer`)));
          });
        }
        if (machines.get(instance)?.state !== 'running')
          throw new AdapterError(`domain ${name} is not running`);
        await open(instance);
      },
      async changed(signal) {
        if (!happened && !signal.aborted) {
          await new Promise<void>((resolve) => {
            const wake = (): void => {
              waiting.delete(wake);
              resolve();
            };
            waiting.add(wake);
            signal.addEventListener('abort', wake, { once: true });
          });
        }
        happened = false;
      },
    },
    openFiles: async () => new Set([...media.values()].map(({ file }) => file)),
    define(machine) {
      machines.set(machine.instance, machine);
      changed();
    },
    async start(instance) {
      const machine = machines.get(instance);
      if (machine === undefined) throw new Error(`no machine ${instance}`);
      await open(instance);
      machines.set(instance, { ...machine, state: 'running' });
      changed();
    },
    stop(instance) {
      const machine = machines.get(instance);
      if (machine !== undefined) machines.set(instance, { ...machine, state: 'off' });
      media.delete(instance);
      changed();
    },
    undefine(instance) {
      machines.delete(instance);
      media.delete(instance);
      changed();
    },
    medium: (instance) => media.get(instance)?.content,
    swaps,
    failSwaps: (instance, how) => {
      failing.set(instance, how);
    },
    failLists: (fail) => {
      listsFail = fail;
    },
    lists: () => lists,
  };
}
