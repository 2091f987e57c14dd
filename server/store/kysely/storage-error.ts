import { AppError } from '../../domain/errors.ts';

/** Makes an error of the database driver one that a person can act on. The cause is kept; an AppError passes. */
export type StorageErrorMaker = (doing: string, cause: unknown) => AppError;

/** @param database the database as messages name it, without credentials. */
export function createStorageErrorMaker(database: string): StorageErrorMaker {
  return (doing, cause) => {
    if (cause instanceof AppError) {
      return cause;
    }
    const code = driverCode(cause);
    const message = `${doing} failed in ${database}: ${driverMessage(cause)}; ${remedy(code)}`;
    return new AppError('storage-failed', message, { details: code === undefined ? {} : { code }, cause });
  };
}

/** The code that better-sqlite3 (SQLITE_…), PostgreSQL (SQLSTATE) or the operating system (E…) gave. */
export function driverCode(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

// Node reports a host name whose addresses all refuse as an AggregateError with an empty message.
function driverMessage(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') {
    return cause.errors.map(driverMessage).join(', ');
  }
  return cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
}

/** What to do, by the beginning of the code. SQLSTATE classes: PostgreSQL manual, appendix A. */
const remedies: ReadonlyArray<readonly [pattern: RegExp, remedy: string]> = [
  [/^(SQLITE_FULL|ENOSPC|53100|EDQUOT)/, 'free disk space and try again'],
  [/^(SQLITE_BUSY|SQLITE_LOCKED)/, 'another process holds its write lock: end that one or try again'],
  [/^(SQLITE_CORRUPT|SQLITE_NOTADB|XX00[12])/, 'restore it from a backup'],
  [
    /^(SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|EACCES|EPERM|EROFS)/,
    'check the owner and mode of file and folder',
  ],
  [/^(SQLITE_IOERR|58|EIO)/, "check the disk and the kernel's log"],
  [/^28/, 'check user, password and pg_hba.conf'],
  [/^(3D|3F|42501)/, 'create the database and give its user the rights to it'],
  [/^(40|55P03|57014)/, 'try again'],
  [
    /^(08|57P|53|ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOSTUNREACH|ENOENT|EPIPE)/,
    'check that the database server runs and can be reached',
  ],
  [/CERT|TLS|SSL|SELF_SIGNED/, "check the database server's certificate and the configured CA"],
];

function remedy(code: string | undefined): string {
  const found = code === undefined ? undefined : remedies.find(([pattern]) => pattern.test(code));
  return found?.[1] ?? 'see the cause in the log and try again';
}
