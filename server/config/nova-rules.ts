import type { FieldProblem } from '../../schemas/validation/field-problem.ts';
import { AppError } from '../domain/errors.ts';
import { parseServerAddress } from '../inventory/http-client/server-address.ts';
import type { Config } from './config.ts';

/** What is wrong with the settings for Nova beyond their schema. */
export function novaRules({ nova }: Pick<Config, 'nova'>): readonly FieldProblem[] {
  if (nova === undefined) return [];
  try {
    parseServerAddress('keystone', nova.keystone.url);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [
      {
        pointer: '/nova/keystone/url',
        message: 'is no URL that passwords and tokens may be sent to',
        remedy: 'give https://HOST/…/v3; http:// with a loopback address only',
      },
    ];
  }
}
