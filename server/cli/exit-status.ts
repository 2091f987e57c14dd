import type { ErrorCode } from '../domain/errors.ts';

/** Exit statuses that no {@link ErrorCode} leads to. */
export const success = 0;

/** A command line that cannot be understood: unknown command or option, missing or contradicting arguments. */
export const usageError = 2;

/** Ended by SIGINT or SIGTERM (128 + SIGINT, as shells report it). */
export const interrupted = 130;

/** The reader of standard output went away (128 + SIGPIPE). */
export const brokenPipe = 141;

/** The exit status of every failure. Public: scripts rely on it, so a status never changes its meaning. */
export const exitStatuses: Readonly<Record<ErrorCode, number>> = {
  internal: 1,
  'storage-failed': 1,
  'drive-build-failed': 1,
  'request-invalid': usageError,
  'too-large': usageError,
  'not-found': 3,
  'ambiguous-instance': 3,
  unauthorized: 4,
  forbidden: 4,
  busy: 5,
  conflict: 5,
  'too-many-requests': 5,
  'guard-stopped': 6,
  'configuration-invalid': 7,
  'policy-invalid': 7,
  'records-invalid': 7,
  'drive-invalid': 8,
  'server-unreachable': 9,
  timeout: 9,
  'directory-unavailable': 9,
  'identity-unavailable': 9,
  'inventory-unavailable': 9,
};

/** What each exit status says, for the reference and `ubugi --help`. */
export const exitStatusMeanings: readonly (readonly [status: number, meaning: string])[] = [
  [success, 'success'],
  [1, 'the work failed: a failed sync run, a drive that could not be built, a storage or internal error'],
  [usageError, 'the command line or the request is wrong'],
  [3, 'no such instance, generation or token, or the name is ambiguous'],
  [4, 'the token is missing or wrong, or its role may not do this'],
  [5, 'busy or in conflict with other work: try again'],
  [6, 'the sync guard stopped the run'],
  [7, 'configuration, policy or records are invalid'],
  [8, 'the drive is refused: `verify`, or a download that is damaged'],
  [9, 'the server, CMDB or directory cannot be reached or did not answer in time'],
  [interrupted, 'interrupted'],
  [brokenPipe, 'the reader of the output went away'],
];

/** Whether a text that came from elsewhere is one of our codes. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(exitStatuses, text);
}
