import { AppError } from '../../../domain/errors.ts';

/** No answer that can be used. The message continues a sentence that starts with the server's name. */
export class NetboxFailure extends Error {
  override readonly name = 'NetboxFailure';
  /** What to do about it. */
  readonly remedy: string;

  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.remedy = remedy;
  }
}

/** NetBox does not take the query (400): so it answers, among others, where an id that is asked for is gone. */
export class QueryRefused extends NetboxFailure {}

/** The error that leaves the adapter. Never says more of the token than that it was refused. */
export function inventoryUnavailable(inventory: string, url: string, failure: NetboxFailure): AppError {
  return new AppError(
    'inventory-unavailable',
    `inventory ${inventory}: NetBox at ${url} ${failure.message}: ${failure.remedy}`,
    { cause: failure },
  );
}
