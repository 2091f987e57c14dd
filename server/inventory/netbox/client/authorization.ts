import { AppError } from '../../../domain/errors.ts';

/** `nbt_KEY.SECRET`, from NetBox 4.5. */
const version2 = /^nbt_[A-Za-z0-9]{1,64}\.[A-Za-z0-9]{1,256}$/;
/** Forty hexadecimal digits, until NetBox 5.0. */
const version1 = /^[0-9a-fA-F]{40}$/;

/**
 * The `Authorization` header of a NetBox token, whose form says its version. A text that is neither fails with
 * `configuration-invalid` and is not repeated.
 */
export function authorizationHeader(inventory: string, token: string): string {
  if (version2.test(token)) return `Bearer ${token}`;
  if (version1.test(token)) return `Token ${token}`;
  throw new AppError(
    'configuration-invalid',
    `inventory ${inventory}: tokenFile holds no NetBox token: give nbt_KEY.SECRET (version 2) or 40 hexadecimal digits (version 1)`,
  );
}
