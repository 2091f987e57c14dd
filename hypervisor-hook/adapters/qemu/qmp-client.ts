import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { AdapterError } from '../machine-adapter.ts';

/** A connection to QEMU's machine protocol (QEMU documentation, interop/qmp-spec). */
export interface QmpClient {
  /** Runs a command and gives its result. @throws QmpRefusal if QEMU says no, AdapterError if it does not answer */
  execute(command: string, parameters?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Settles at the next event for which `wanted` holds. @throws AdapterError when the connection ends */
  event(wanted: (name: string, data: Readonly<Record<string, unknown>>) => boolean): Promise<void>;
  close(): void;
}

/** What QEMU answered in place of a result; the message is QEMU's own. */
export class QmpRefusal extends Error {
  override readonly name = 'QmpRefusal';
}

/** QEMU answers in milliseconds, unless it or its disk hangs. */
const answerMs = 10_000;

const retryMs = 200;

/** QEMU's longest answers, on all block devices of a machine, have some 100 kB. */
const mostLineBytes = 4 * 1024 * 1024;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Connects to a socket, waits for the greeting and leaves negotiation mode. @throws AdapterError */
export async function connectQmp(path: string, signal: AbortSignal): Promise<QmpClient> {
  const end = performance.now() + answerMs;
  for (;;) {
    const socket = connect(path);
    const code = await new Promise<string | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.name));
    });
    if (code === undefined) return negotiate(socket, path, signal);
    // One client is served and one may wait: a third is turned away.
    if (code !== 'EAGAIN' || performance.now() > end || signal.aborted) {
      throw new AdapterError(`QEMU at ${path} cannot be asked (${code}); see whether its machine runs`);
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined);
  }
}

async function negotiate(socket: Socket, path: string, signal: AbortSignal): Promise<QmpClient> {
  const answers = new Map<number, Waiting>();
  const events = new Set<Waiting & { readonly wanted: (line: Message) => boolean }>();
  let nextId = 1;
  let failure: AdapterError | undefined;
  let greet: Waiting | undefined;

  const fail = (what: string, cause?: unknown): void => {
    failure ??= new AdapterError(`QEMU at ${path} ${what}; see whether its machine runs`, { cause });
    for (const { reject } of [...answers.values(), ...events, ...(greet === undefined ? [] : [greet])])
      reject(failure);
    answers.clear();
    events.clear();
    socket.destroy();
  };
  const abort = (): void => fail('was not waited for any longer');
  signal.addEventListener('abort', abort, { once: true });
  socket.on('error', (error) =>
    fail(`cannot be asked (${'code' in error ? String(error.code) : error.name})`, error),
  );
  socket.on('close', () => fail('has closed the connection'));
  readLines(socket, fail, (message) => {
    if (message['QMP'] !== undefined) greet?.resolve(undefined);
    const waiting = typeof message['id'] === 'number' ? answers.get(message['id']) : undefined;
    const error = message['error'] as { readonly desc?: unknown } | undefined;
    if (error !== undefined) waiting?.reject(new QmpRefusal(String(error.desc)));
    else waiting?.resolve(message['return']);
    for (const event of events) if (event.wanted(message)) event.resolve(undefined);
  });

  async function within<T>(what: string, start: (waiting: Waiting) => void): Promise<T> {
    if (failure !== undefined) throw failure;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        timer = setTimeout(() => fail(`did not ${what} within ${answerMs / 1000} s`), answerMs);
        start({ resolve: (value) => resolve(value as T), reject });
      });
    } finally {
      clearTimeout(timer);
    }
  }

  const client: QmpClient = {
    execute: async (command, parameters = {}) => {
      const id = nextId;
      nextId += 1;
      return within(`answer ${command}`, (waiting) => {
        answers.set(id, waiting);
        socket.write(`${JSON.stringify({ execute: command, arguments: parameters, id })}\n`);
      }).finally(() => answers.delete(id));
    },
    event: async (wanted) => {
      if (failure !== undefined) throw failure;
      await new Promise<unknown>((resolve, reject) => {
        const entry = {
          reject,
          resolve: (value: unknown): void => {
            events.delete(entry);
            resolve(value);
          },
          wanted: (message: Message) =>
            typeof message['event'] === 'string' &&
            wanted(message['event'], (message['data'] ?? {}) as Readonly<Record<string, unknown>>),
        };
        events.add(entry);
      });
    },
    close: () => {
      signal.removeEventListener('abort', abort);
      failure ??= new AdapterError(`the connection to QEMU at ${path} was closed`);
      socket.destroy();
    },
  };
  if (signal.aborted) abort();
  // A socket of QEMU has one client at a time: another's has to end before the greeting comes.
  await within<unknown>('greet', (waiting) => {
    greet = waiting;
  });
  await client.execute('qmp_capabilities');
  return client;
}

type Message = Readonly<Record<string, unknown>>;

function readLines(socket: Socket, fail: (what: string) => void, take: (message: Message) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > mostLineBytes) fail('sent more than it ever does');
    for (const line of lines) {
      try {
        const message: unknown = JSON.parse(line);
        if (typeof message === 'object' && message !== null) take(message as Message);
      } catch {
        fail('does not speak QMP');
      }
    }
  });
}
