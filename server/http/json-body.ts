import { readJsonDocument } from '../../schemas/validation/json-document.ts';
import { AppError } from '../domain/errors.ts';
import { ProtocolError, requestInvalid } from './problem.ts';

/**
 * Reads a request's JSON body. Fails with 413 beyond the limit (while reading, whatever Content-Length says), with 415
 * for another media type or a compressed body, with 400 for what is no strict JSON.
 * @param limit bytes
 * @returns undefined if there is no body
 */
export async function readJsonBody(request: Request, limit: number): Promise<unknown> {
  refuseCompressed(request);
  const bytes = await readBounded(request, limit);
  if (bytes.length === 0) return undefined;
  if (mediaTypeOf(request) !== 'application/json') {
    throw new ProtocolError(415, 'the body must be JSON; send Content-Type: application/json', {
      Accept: 'application/json',
    });
  }
  const reading = readJsonDocument(decode(bytes));
  if (reading.kind === 'invalid') throw requestInvalid('body', [reading.problem]);
  return reading.value;
}

/** The media type that a request gives its body, in lower case and without parameters; empty if it gives none. */
export function mediaTypeOf(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Fails with 415 for a compressed body. */
export function refuseCompressed(request: Request): void {
  const encoding = request.headers.get('content-encoding');
  if (encoding === null || encoding.trim().toLowerCase() === 'identity') return;
  throw new ProtocolError(415, 'compressed bodies are not taken; send the body as it is', {
    'Accept-Encoding': 'identity',
  });
}

/** Reads a request's body as it comes. Fails with 413 beyond the limit, while reading. @param limit bytes */
export async function readBounded(request: Request, limit: number): Promise<Buffer> {
  const tooLarge = (): AppError =>
    new AppError('too-large', `the body is larger than ${limit} bytes; send less at a time`);
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new AppError('request-invalid', 'the body is not UTF-8; send JSON in UTF-8');
  }
}
