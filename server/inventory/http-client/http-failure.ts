import { AppError } from '../../domain/errors.ts';

/** No answer that can be used. The message continues a sentence that starts with the server's address. */
export class HttpFailure extends Error {
  override readonly name: string = 'HttpFailure';
  /** What to do about it. */
  readonly remedy: string;

  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.remedy = remedy;
  }
}

/** A connection that broke: the same request may succeed when it is sent again. */
export class BrokenConnection extends HttpFailure {
  override readonly name = 'BrokenConnection';
}

/** An answer that is neither 200 nor worth another try. */
export class RefusedRequest extends HttpFailure {
  override readonly name = 'RefusedRequest';
  /** HTTP status code. */
  readonly status: number;

  constructor(status: number, message: string, remedy: string) {
    super(message, remedy);
    this.status = status;
  }
}

/** The error that leaves an inventory whose server gave no answer that can be used. */
export function inventoryUnavailable(inventory: string, server: string, failure: HttpFailure): AppError {
  return new AppError(
    'inventory-unavailable',
    `inventory ${inventory}: ${server} ${failure.message}: ${failure.remedy}`,
    { cause: failure },
  );
}

/**
 * What a conversation with a server failed with, as the error that leaves the inventory: a failure of the conversation,
 * or its end by the signal, is `inventory-unavailable`; anything else stays as it is.
 */
export function conversationFailure(
  { inventory, server }: { readonly inventory: string; readonly server: string },
  error: unknown,
  signal: AbortSignal,
): unknown {
  if (signal.aborted) {
    const failure = new HttpFailure('was not read to its end', 'try again', signal.reason);
    return inventoryUnavailable(inventory, server, failure);
  }
  return error instanceof HttpFailure ? inventoryUnavailable(inventory, server, error) : error;
}
