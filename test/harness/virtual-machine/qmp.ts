import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const ANSWER_DEADLINE_MS = 30_000;

/** A connection to QEMU's machine protocol (QEMU documentation, interop/qmp-spec). */
export interface Qmp {
  /** Runs a command and gives its result. Fails with QEMU's own message. */
  execute(command: string, parameters?: Readonly<Record<string, unknown>>): Promise<unknown>;
  close(): void;
}

interface QmpAnswer {
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

/** Connects to the socket at `path` and leaves negotiation mode. */
export async function connectQmp(path: string): Promise<Qmp> {
  const socket = connect(path);
  await once(socket, 'connect');
  const waiting = new Map<number, (answer: QmpAnswer) => void>();
  let nextId = 1;
  createInterface({ input: socket }).on('line', (line) => {
    const answer = JSON.parse(line) as QmpAnswer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  socket.on('error', () => socket.destroy());

  const execute: Qmp['execute'] = (command, parameters = {}) =>
    new Promise((resolve, reject) => {
      const id = nextId;
      nextId += 1;
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new Error(`QEMU did not answer ${command} within ${ANSWER_DEADLINE_MS / 1000} s`));
      }, ANSWER_DEADLINE_MS);
      waiting.set(id, (answer) => {
        clearTimeout(timer);
        waiting.delete(id);
        if (answer.error === undefined) resolve(answer.return);
        else reject(new Error(`QEMU refused ${command}: ${answer.error.desc}`));
      });
      socket.write(`${JSON.stringify({ execute: command, arguments: parameters, id })}\n`);
    });
  await execute('qmp_capabilities');
  return { execute, close: () => socket.destroy() };
}
