import type { Validators } from '../schemas/validation/validator.ts';
import { readCertificates } from './config/certificate-file.ts';
import type { Config } from './config/config.ts';
import { readPassword } from './config/secret-file.ts';
import type { Directory } from './directory/directory.ts';
import { createEmbeddedDirectory } from './directory/embedded/embedded-directory.ts';
import { createLdapDirectory } from './directory/ldap/ldap-directory.ts';
import type { Clock } from './domain/clock.ts';
import type { DriveBuilder } from './drive/drive-builder.ts';
import { openDriveBuilder } from './drive/drive-builder-xorriso.ts';
import { readPayload } from './drive/payload.ts';
import type { SigningKey } from './drive/signing-key.ts';
import type { ReportTokens } from './reports/report-tokens.ts';
import { createPostgresStore } from './store/postgres.ts';
import { createSqliteStore } from './store/sqlite.ts';
import type { Store } from './store/store.ts';

const mebibyte = 1024 * 1024;

/** Opens the store that the configuration names. Fails with `storage-failed` or `configuration-invalid`. */
export async function openStore(config: Config['store'], clock: Clock): Promise<Store> {
  if (config.kind === 'sqlite') return await createSqliteStore({ path: config.path, clock });
  const { host, port, database, user, passwordFile, caFile, poolSize } = config;
  return await createPostgresStore({
    host,
    port: port ?? 5432,
    database,
    user,
    poolSize: poolSize ?? 10,
    clock,
    ...(passwordFile === undefined ? {} : { password: await readPassword(passwordFile) }),
    ...(caFile === undefined ? {} : { ca: await readCertificates(caFile) }),
  });
}

/** The directory that the configuration names. Fails with `configuration-invalid` where one of its files cannot be read. */
export async function createDirectory(
  config: Config['directory'],
  { minimumUid }: Config['policy'],
  validators: Pick<Validators, 'common'>,
): Promise<Directory> {
  if (config.kind === 'embedded') {
    const { name, ldifFile, baseDn } = config;
    return createEmbeddedDirectory({ name, ldifFile, baseDn, minimumUid, validators });
  }
  const { connectTimeoutSeconds, operationTimeoutSeconds, wholeReadingSeconds } = config;
  const { pageSize, caFile, passwordFile } = config;
  return createLdapDirectory({
    name: config.name,
    url: config.url,
    startTls: config.startTls,
    bindDn: config.bindDn,
    baseDn: config.baseDn,
    accountsBaseDn: config.accountsBaseDn,
    groupsBaseDn: config.groupsBaseDn,
    netgroupsBaseDn: config.netgroupsBaseDn,
    sudoersBaseDn: config.sudoersBaseDn,
    schema: config.schema,
    attributes: config.attributes,
    ca: caFile === undefined ? undefined : await readCertificates(caFile),
    password: passwordFile === undefined ? undefined : await readPassword(passwordFile),
    connectTimeoutMs: (connectTimeoutSeconds ?? 3) * 1000,
    operationTimeoutMs: (operationTimeoutSeconds ?? 10) * 1000,
    pageSize: pageSize ?? 500,
    wholeReadingMs: (wholeReadingSeconds ?? 3600) * 1000,
    minimumUid,
    validators,
  });
}

/** The drive builder; drives carry a report token where guests are to send reports. */
export async function createBuilder(
  { drive, reporting }: Pick<Config, 'drive' | 'reporting'>,
  {
    signingKey,
    reportTokens,
    clock,
  }: { readonly signingKey: SigningKey; readonly reportTokens: ReportTokens; readonly clock: Clock },
): Promise<DriveBuilder> {
  const { url, caFile } = reporting;
  const caCertificates = caFile === undefined ? undefined : await readCertificates(caFile);
  return await openDriveBuilder(
    {
      signingKey,
      payload: await readPayload(drive.payloadFolder),
      clock,
      reports: url === undefined ? undefined : { url, caCertificates, tokens: reportTokens },
    },
    {
      cacheFolder: drive.cacheFolder,
      cacheLimitBytes: drive.cacheLimitMiB * mebibyte,
      buildTimeoutMs: drive.buildTimeoutSeconds * 1000,
      concurrency: drive.concurrency,
    },
  );
}
