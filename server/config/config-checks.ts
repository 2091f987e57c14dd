import { X509Certificate } from 'node:crypto';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import ipaddr from 'ipaddr.js';
import type { FieldProblem } from '../../schemas/validation/field-problem.ts';
import type { Config } from './config.ts';
import { inventoryFiles, inventoryProblems } from './inventory-rules.ts';
import { novaRules } from './nova-rules.ts';
import { openSecretFile, systemErrorCode } from './secret-file.ts';
import { openSignersFile } from './signers-file.ts';
import { webhookProblems } from './webhook-rules.ts';

/** Bytes of a socket's path without the final NUL (`sockaddr_un`, unix(7)). */
const longestSocketPath = 107;

/** Bytes that the folder's path grows by while the socket is bound: `/.uXXXXXX/s` (`server/http/socket-file.ts`). */
const socketPathReserve = 11;

/** Everything that is wrong with a configuration beyond its schema: rules between fields, and the files it names. */
export async function checkConfigRules(config: Config): Promise<readonly FieldProblem[]> {
  return [
    ...fieldRules(config),
    ...inventoryProblems(config),
    ...novaRules(config),
    ...(await webhookProblems(config)),
    ...(await fileRules(config)).flat(),
  ];
}

function fieldRules({ listen, store, directory, reporting }: Config): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const complain = (pointer: string, message: string, remedy: string): void => {
    problems.push({ pointer, message, remedy });
  };
  if (listen.tls === undefined && !isLoopback(listen.address)) {
    complain(
      '/listen/address',
      'would serve tokens and drives in plain text',
      'add listen.tls, or listen on 127.0.0.1 or ::1',
    );
  }
  const bound = Buffer.byteLength(dirname(listen.socket)) + socketPathReserve;
  if (Math.max(Buffer.byteLength(listen.socket), bound) > longestSocketPath) {
    complain(
      '/listen/socket',
      `is longer than the ${longestSocketPath} bytes that Linux allows for a socket`,
      'choose a shorter path',
    );
  }
  if (store.kind === 'postgres') {
    const local = store.host.startsWith('/') || store.host === 'localhost' || isLoopback(store.host);
    if (!local && store.caFile === undefined) {
      complain(
        '/store/host',
        'would be reached in plain text',
        'add store.caFile, or use a local address or socket',
      );
    }
  }
  if (reporting.url !== undefined) {
    const url = URL.parse(reporting.url);
    const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
    if (url === null || url.username !== '' || url.search !== '' || url.hash !== '') {
      complain('/reporting/url', 'is not the URL of a server', 'write https://HOST[:PORT][/PATH]');
    } else if (url.protocol !== 'https:' && !isLoopback(host)) {
      complain('/reporting/url', 'would send tokens and reports in plain text', 'use https://');
    }
  } else if (reporting.caFile !== undefined) {
    complain('/reporting/caFile', 'is of no use without reporting.url', 'add reporting.url, or remove it');
  }
  if (directory.kind === 'ldap') {
    const url = URL.parse(directory.url);
    const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
    if (url === null || host === '') {
      complain('/directory/url', 'has no valid host', 'write ldaps://HOST');
    } else if (directory.startTls === true && url.protocol === 'ldaps:') {
      complain('/directory/startTls', 'is for ldap:// URLs', 'remove it');
    } else if (
      directory.startTls !== true &&
      url.protocol === 'ldap:' &&
      host !== 'localhost' &&
      !isLoopback(host)
    ) {
      complain('/directory/url', 'would send the password in plain text', 'use ldaps://, or set startTls');
    }
    if ((directory.bindDn === undefined) !== (directory.passwordFile === undefined)) {
      complain(
        '/directory',
        'has one of `bindDn` and `passwordFile` without the other',
        'give both, or neither to bind anonymously',
      );
    }
  }
  return problems;
}

function fileRules(config: Config): Promise<readonly FieldProblem[][]> {
  const { listen, store, directory, reporting, nova, exchange } = config;
  const checks: Promise<FieldProblem[]>[] = [
    signingKeyFile(config.signing.keyFile),
    folder('/drive/payloadFolder', config.drive.payloadFolder),
  ];
  for (const [index, inventory] of config.inventories.entries()) {
    const pointer = `/inventories/${index}`;
    for (const file of inventoryFiles(inventory)) {
      const at = pointer + file.pointer;
      checks.push(file.isSecret ? secret(at, file.path) : readable(at, file.path, file.orFolder));
    }
  }
  if (reporting.caFile !== undefined) checks.push(certificates('/reporting/caFile', reporting.caFile));
  if (exchange?.trustedSigners !== undefined)
    checks.push(signers('/exchange/trustedSigners', exchange.trustedSigners));
  if (nova !== undefined) {
    checks.push(secret('/nova/keystone/passwordFile', nova.keystone.passwordFile));
    const { caFile } = nova.keystone;
    if (caFile !== undefined) checks.push(certificates('/nova/keystone/caFile', caFile));
  }
  if (listen.tls !== undefined) checks.push(certificate(listen.tls));
  if (store.kind === 'postgres') {
    if (store.passwordFile !== undefined) checks.push(secret('/store/passwordFile', store.passwordFile));
    if (store.caFile !== undefined) checks.push(readable('/store/caFile', store.caFile));
  }
  if (directory.kind === 'embedded') {
    checks.push(readable('/directory/ldifFile', directory.ldifFile));
  } else {
    if (directory.passwordFile !== undefined) {
      checks.push(secret('/directory/passwordFile', directory.passwordFile));
    }
    if (directory.caFile !== undefined) checks.push(readable('/directory/caFile', directory.caFile));
  }
  return Promise.all(checks);
}

/** Whether a text is a loopback address. */
export function isLoopback(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'loopback';
}

async function secret(pointer: string, path: string): Promise<FieldProblem[]> {
  const file = await openSecretFile(path);
  return file.kind === 'read' ? [] : [{ pointer, ...file.problem }];
}

async function signers(pointer: string, path: string): Promise<FieldProblem[]> {
  const file = await openSignersFile(path);
  return file.kind === 'read' ? [] : [{ pointer, ...file.problem }];
}

/** The server makes a key where there is none yet (`server/drive/signing-key.ts`). */
async function signingKeyFile(path: string): Promise<FieldProblem[]> {
  try {
    await access(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
  }
  return secret('/signing/keyFile', path);
}

async function readable(pointer: string, path: string, orFolder = false): Promise<FieldProblem[]> {
  try {
    await access(path, constants.R_OK);
    const status = await stat(path);
    if (status.isFile() || (orFolder && status.isDirectory())) return [];
    return [{ pointer, message: 'is not a file', remedy: 'name a file' }];
  } catch (error) {
    return [unreadable(pointer, error)];
  }
}

async function certificates(pointer: string, path: string): Promise<FieldProblem[]> {
  const problems = await readable(pointer, path);
  if (problems.length > 0) return problems;
  try {
    createSecureContext({ ca: await readFile(path) });
    new X509Certificate(await readFile(path));
    if (!(await readFile(path, 'latin1')).includes('PRIVATE KEY')) return [];
    return [
      { pointer, message: 'holds a private key too', remedy: 'name a file with the certificates only' },
    ];
  } catch {
    return [
      {
        pointer,
        message: 'holds no CA certificates in PEM',
        remedy: 'name a file with the certificates only',
      },
    ];
  }
}

async function folder(pointer: string, path: string): Promise<FieldProblem[]> {
  try {
    if ((await stat(path)).isDirectory()) return [];
    return [{ pointer, message: 'is not a folder', remedy: 'name a folder' }];
  } catch (error) {
    return [unreadable(pointer, error)];
  }
}

async function certificate(tls: NonNullable<Config['listen']['tls']>): Promise<FieldProblem[]> {
  const problems = [
    ...(await secret('/listen/tls/keyFile', tls.keyFile)),
    ...(await readable('/listen/tls/certificateFile', tls.certificateFile)),
  ];
  if (problems.length > 0) return problems;
  try {
    createSecureContext({ cert: await readFile(tls.certificateFile), key: await readFile(tls.keyFile) });
    return [];
  } catch {
    // OpenSSL's message is left out: it is of no help, and the key is near.
    return [
      {
        pointer: '/listen/tls',
        message: 'has a certificate and key that are not PEM or do not belong together',
        remedy: 'give the certificate chain, server first, and its unencrypted key',
      },
    ];
  }
}

function unreadable(pointer: string, error: unknown): FieldProblem {
  return {
    pointer,
    message: `cannot be read (${systemErrorCode(error)})`,
    remedy: 'create it, or correct the path or its permissions',
  };
}
