import type { RecordProblem } from '../../schemas/types/api.ts';

/**
 * Every way in which the server fails on purpose. HTTP status and exit status of each stand in
 * `server/http/problem.ts` and `server/cli/exit-status.ts`, nowhere else.
 */
export type ErrorCode =
  | 'ambiguous-instance'
  | 'busy'
  | 'conflict'
  | 'configuration-invalid'
  | 'directory-unavailable'
  | 'drive-build-failed'
  | 'drive-invalid'
  | 'forbidden'
  | 'guard-stopped'
  | 'identity-unavailable'
  | 'internal'
  | 'inventory-unavailable'
  | 'not-found'
  | 'policy-invalid'
  | 'records-invalid'
  | 'request-invalid'
  | 'server-unreachable'
  | 'storage-failed'
  | 'timeout'
  | 'too-large'
  | 'too-many-requests'
  | 'unauthorized';

/** What more there is to say of an error, for programs. Never a secret. */
export interface ErrorDetails {
  /** Everything that is wrong, where several records or fields are. */
  readonly problems?: readonly RecordProblem[];
  readonly [key: string]: unknown;
}

/** A failure that a person can act on: the message says what failed, on which object, and what to do next. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}
