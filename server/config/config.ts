import type { ServerConfiguration } from '../../schemas/types/server-configuration.ts';

type Section<K extends keyof ServerConfiguration> = NonNullable<ServerConfiguration[K]>;

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/**
 * The server's configuration as the program uses it: defaults applied, paths absolute, frozen. It names files that
 * hold secrets but never holds one.
 */
export type Config = Frozen<
  Omit<
    ServerConfiguration,
    'listen' | 'policy' | 'drive' | 'sync' | 'log' | 'reporting' | 'placement' | 'removal' | 'nova'
  > & {
    listen: Required<Omit<Section<'listen'>, 'tls' | 'address'>> &
      Pick<Section<'listen'>, 'tls'> & { address: string };
    policy: Required<Section<'policy'>>;
    drive: Required<Section<'drive'>>;
    sync: Required<Section<'sync'>>;
    log: Required<Section<'log'>>;
    reporting: Section<'reporting'> & { keep: number };
    placement: Required<Section<'placement'>>;
    removal: Required<Section<'removal'>>;
    nova?: Section<'nova'> & {
      callerRoles: string[];
      keystone: Section<'nova'>['keystone'] &
        Record<'userDomain' | 'projectDomain', string> &
        Record<'cacheSeconds' | 'timeoutSeconds', number>;
    };
  }
>;

/** Freezes a value and all that it holds. @returns the same value */
export function deepFreeze<T>(value: T): Frozen<T> {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value as Frozen<T>;
}
