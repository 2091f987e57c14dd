import type { Problem, RecordProblem } from '../../schemas/types/api.ts';
import { AppError, type ErrorCode } from '../domain/errors.ts';

/** HTTP status and title of every error code. The only place that knows them. */
const table: Readonly<Record<ErrorCode, { readonly status: number; readonly title: string }>> = {
  'ambiguous-instance': { status: 409, title: 'Several instances have this name' },
  busy: { status: 409, title: 'Another run is under way' },
  conflict: { status: 409, title: 'Conflict' },
  'configuration-invalid': { status: 500, title: 'The server configuration is invalid' },
  'directory-unavailable': { status: 503, title: 'The directory is unavailable' },
  'drive-build-failed': { status: 500, title: 'The drive could not be built' },
  'drive-invalid': { status: 500, title: 'The drive is invalid' },
  forbidden: { status: 403, title: 'Forbidden' },
  'guard-stopped': { status: 409, title: 'The guard stopped the run' },
  'identity-unavailable': { status: 503, title: 'Keystone is unavailable' },
  internal: { status: 500, title: 'Internal error' },
  'inventory-unavailable': { status: 503, title: 'The CMDB is unavailable' },
  'not-found': { status: 404, title: 'Not found' },
  'policy-invalid': { status: 500, title: 'The policy is invalid' },
  'records-invalid': { status: 422, title: 'Records are invalid' },
  'request-invalid': { status: 400, title: 'The request is invalid' },
  'server-unreachable': { status: 502, title: 'A server cannot be reached' },
  'storage-failed': { status: 503, title: 'The storage failed' },
  timeout: { status: 504, title: 'Timed out' },
  'too-large': { status: 413, title: 'Too large' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  unauthorized: { status: 401, title: 'Not authenticated' },
};

/** Methods and media types that a resource does not take: `request-invalid` with a status of its own (RFC 9110, 15.5). */
export class ProtocolError extends AppError {
  readonly status: 405 | 415;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: 405 | 415, message: string, headers: Readonly<Record<string, string>> = {}) {
    super('request-invalid', message);
    this.status = status;
    this.headers = headers;
  }
}

/** Every status that an error can be answered with, for the API's description. */
export function statusOf(code: ErrorCode): number {
  return table[code].status;
}

/** A failure of the request's own fields, each named. */
export function requestInvalid(
  record: 'body' | 'path' | 'query',
  problems: readonly { readonly pointer: string; readonly message: string; readonly remedy: string }[],
): AppError {
  const [first] = problems;
  const subject =
    first === undefined || first.pointer === '' ? `the ${record}` : `${first.pointer} of the ${record}`;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
  return new AppError(
    'request-invalid',
    `${subject} ${first?.message ?? 'is invalid'}; ${first?.remedy ?? 'correct it'}${more}`,
    {
      details: {
        problems: problems.map(
          ({ pointer, message, remedy }): RecordProblem => ({
            source: 'request',
            record,
            field: pointer,
            message,
            remedy,
          }),
        ),
      },
    },
  );
}

/**
 * The answer to a failure (RFC 9457). What is no AppError says nothing of itself: the log has it under the request's id.
 * @param requestId UUID that the log line of this request carries
 */
export function problemResponse(error: unknown, requestId: string): Response {
  const known =
    error instanceof AppError
      ? error
      : new AppError('internal', `the server failed; its log tells more under request ${requestId}`);
  const { candidates, problems } = known.details;
  const status = known instanceof ProtocolError ? known.status : table[known.code].status;
  const body: Problem & Record<string, unknown> = {
    type: `https://ubugi.dev/problems/${known.code}`,
    title: table[known.code].title,
    status,
    detail: known.message,
    instance: `urn:uuid:${requestId}`,
    code: known.code,
    ...(problems === undefined ? {} : { problems: [...problems] }),
    ...(candidates === undefined ? {} : { candidates }),
  };
  const headers = new Headers({ 'Content-Type': 'application/problem+json' });
  if (status === 401) headers.set('WWW-Authenticate', 'Bearer realm="ubugi"');
  if (status === 429) headers.set('Retry-After', '1');
  if (known instanceof ProtocolError) {
    for (const [name, value] of Object.entries(known.headers)) headers.set(name, value);
  }
  return new Response(JSON.stringify(body), { status, headers });
}
