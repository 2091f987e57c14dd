import type { Socket } from 'node:net';
import { LdapFailure } from './failure.ts';

/**
 * Message 1: ExtendedRequest with the name 1.3.6.1.4.1.1466.20037 (RFC 4511, sections 4.12 and 4.14.1). It goes out before
 * the LDAP library has the connection: nothing else is ever sent in plain text.
 */
const request = Buffer.concat([
  Buffer.from([0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16]),
  Buffer.from('1.3.6.1.4.1.1466.20037', 'latin1'),
]);
/** Longer than any answer to it: a code, a DN that is empty, a remark, the same name. */
const answerLimit = 4096;

/**
 * Asks the server to go on in TLS; resolves once it agrees. Anything else, also a byte after the answer, which could be
 * somebody else's, fails with {@link LdapFailure}. Deadlines are the caller's: the socket is destroyed at them.
 */
export async function requestStartTls(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let answer = Buffer.alloc(0);
  const take = (bytes: Buffer): void => {
    answer = Buffer.concat([answer, bytes]);
    const outcome = readAnswer(answer);
    if (outcome === 'agreed') resolve();
    else if (outcome === 'refused') {
      reject(
        new LdapFailure(
          'StartTLS: the server does not agree to go on in TLS',
          'use ldaps://, or allow StartTLS',
        ),
      );
    }
  };
  const end = (): void =>
    reject(new LdapFailure('StartTLS: the server closed the connection', 'look into its log'));
  socket.on('data', take);
  socket.once('close', end);
  try {
    socket.write(request);
    await promise;
  } finally {
    socket.off('data', take);
    socket.off('close', end);
    // Without a listener the bytes that follow wait for TLS.
    socket.pause();
  }
}

/** Undefined: more is to come. */
function readAnswer(bytes: Buffer): 'agreed' | 'refused' | undefined {
  const message = readElement(bytes, 0);
  if (message === 'incomplete') return bytes.length > answerLimit ? 'refused' : undefined;
  if (message?.tag !== 0x30 || message.end !== bytes.length) return 'refused';
  const id = readElement(bytes, message.start);
  if (typeof id !== 'object' || !bytes.subarray(id.start, id.end).equals(Buffer.from([1]))) return 'refused';
  const response = readElement(bytes, id.end);
  if (typeof response !== 'object' || response.tag !== 0x78) return 'refused';
  const code = readElement(bytes, response.start);
  if (typeof code !== 'object' || code.tag !== 0x0a) return 'refused';
  return bytes.subarray(code.start, code.end).equals(Buffer.from([0])) ? 'agreed' : 'refused';
}

interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** Tag and extent of the BER element there; undefined if its length has a form that no short answer needs. */
function readElement(bytes: Buffer, at: number): Element | 'incomplete' | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return 'incomplete';
  const more = first < 0x80 ? 0 : first - 0x80;
  if (first === 0x80 || more > 4) return undefined;
  if (bytes.length < at + 2 + more) return 'incomplete';
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
  const start = at + 2 + more;
  return start + length > bytes.length ? 'incomplete' : { tag, start, end: start + length };
}
