import { dirname, resolve } from 'node:path';
import type { Config } from './config.ts';

/** The configuration with every path absolute: a relative one is relative to the folder of its file. */
export function resolvePaths(config: Config, file: string): Config {
  const folder = dirname(resolve(file));
  const path = (relative: string): string => resolve(folder, relative);
  const optional = <K extends string>(key: K, value: string | undefined): { [P in K]?: string } =>
    value === undefined ? {} : ({ [key]: path(value) } as { [P in K]: string });

  const { listen, store, directory } = config;
  const netbox = config.webhooks?.netbox;
  const { nova, exchange } = config;
  return {
    ...config,
    ...(netbox === undefined
      ? {}
      : { webhooks: { netbox: { ...netbox, secretFile: path(netbox.secretFile) } } }),
    ...(exchange === undefined ? {} : { exchange: optional('trustedSigners', exchange.trustedSigners) }),
    ...(nova === undefined
      ? {}
      : {
          nova: {
            ...nova,
            keystone: {
              ...nova.keystone,
              passwordFile: path(nova.keystone.passwordFile),
              ...optional('caFile', nova.keystone.caFile),
            },
          },
        }),
    listen: {
      ...listen,
      socket: path(listen.socket),
      ...(listen.tls === undefined
        ? {}
        : { tls: { certificateFile: path(listen.tls.certificateFile), keyFile: path(listen.tls.keyFile) } }),
    },
    store:
      store.kind === 'sqlite'
        ? { ...store, path: path(store.path) }
        : {
            ...store,
            ...optional('passwordFile', store.passwordFile),
            ...optional('caFile', store.caFile),
          },
    signing: { keyFile: path(config.signing.keyFile) },
    reporting: { ...config.reporting, ...optional('caFile', config.reporting.caFile) },
    inventories: config.inventories.map((inventory) => resolveInventory(inventory, path)),
    directory:
      directory.kind === 'embedded'
        ? { ...directory, ldifFile: path(directory.ldifFile) }
        : {
            ...directory,
            ...optional('passwordFile', directory.passwordFile),
            ...optional('caFile', directory.caFile),
          },
    policy: { ...config.policy, files: config.policy.files.map(path) },
    drive: {
      ...config.drive,
      cacheFolder: path(config.drive.cacheFolder),
      payloadFolder: path(config.drive.payloadFolder),
    },
  };
}

type InventoryConfig = Config['inventories'][number];

function resolveInventory(inventory: InventoryConfig, path: (relative: string) => string): InventoryConfig {
  if (inventory.kind === 'file') return { ...inventory, path: path(inventory.path) };
  const ca = inventory.caFile === undefined ? {} : { caFile: path(inventory.caFile) };
  if (inventory.kind === 'netbox') return { ...inventory, ...ca, tokenFile: path(inventory.tokenFile) };
  const { authentication, clientCertificate } = inventory;
  return {
    ...inventory,
    ...ca,
    ...(authentication === undefined ? {} : { authentication: resolveAuthentication(authentication, path) }),
    ...(clientCertificate === undefined
      ? {}
      : {
          clientCertificate: {
            certificateFile: path(clientCertificate.certificateFile),
            keyFile: path(clientCertificate.keyFile),
          },
        }),
  };
}

type Authentication = NonNullable<Extract<InventoryConfig, { readonly kind: 'http-json' }>['authentication']>;

function resolveAuthentication(
  authentication: Authentication,
  path: (relative: string) => string,
): Authentication {
  switch (authentication.kind) {
    case 'basic':
      return { ...authentication, passwordFile: path(authentication.passwordFile) };
    case 'bearer':
      return { ...authentication, tokenFile: path(authentication.tokenFile) };
    case 'header':
      return { ...authentication, valueFile: path(authentication.valueFile) };
  }
}
