import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { makeCertificates } from './certificates.ts';
import { freePort } from './free-port.ts';

/** What to start a server with. */
export interface SlapdOptions {
  readonly baseDn: string;
  /** Content of the directory. */
  readonly ldif: string;
  /** What the content is made of; RFC 2307 if absent. */
  readonly schema?: 'rfc2307' | 'rfc2307bis' | 'ad' | 'freeipa';
  /** Lines added to the database's section of slapd.conf, such as `sizelimit 10`. */
  readonly database?: string;
  /** Lines at the end of it, such as `overlay refint`; the overlays refint and ppolicy are there. */
  readonly overlays?: string;
  /** Names in the server's certificate; `IP:127.0.0.1` if absent. */
  readonly subjectAltName?: string;
}

/** A real slapd in a temporary folder. */
export interface SlapdServer {
  /** `ldaps://127.0.0.1:PORT` */
  readonly url: string;
  /** `ldap://127.0.0.1:PORT`, for StartTLS. */
  readonly plainUrl: string;
  readonly ca: string;
  /** An ordinary account, subject to limits and access rules. */
  readonly bindDn: string;
  readonly password: string;
  /** Changes content: runs ldapmodify on this LDIF, as the administrator unless somebody else is named. */
  modify(ldif: string, as?: { readonly dn: string; readonly password: string }): Promise<void>;
  /** Stops the server and starts it again where it was, on this content or on what it had. */
  restart(ldif?: string): Promise<void>;
  stop(): Promise<void>;
}

const password = 'reader-password';
const nisSchema = '/etc/ldap/schema/nis.schema';
const schemaFolder = join(import.meta.dirname, '..', 'fixtures', 'ldap-schema');

/** Schema files of our own beside RFC 2307(bis), ldapPublicKey and sudo. */
const ownSchemas = { rfc2307: [], rfc2307bis: [], ad: ['ad-like'], freeipa: ['freeipa-like'] } as const;

/** Starts slapd (Debian packages slapd and ldap-utils) with the schemas core, cosine, nis, ldapPublicKey and sudo. */
export async function startSlapd(options: SlapdOptions): Promise<SlapdServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-slapd-'));
  try {
    return await startIn(folder, options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(folder: string, options: SlapdOptions): Promise<SlapdServer> {
  const { baseDn } = options;
  const certificates = await makeCertificates(folder, options.subjectAltName ?? 'IP:127.0.0.1');
  const administrator = `cn=administrator,${baseDn}`;
  const bindDn = `cn=reader,${baseDn}`;
  const configuration = join(folder, 'slapd.conf');
  await mkdir(join(folder, 'data'));
  const { schema = 'rfc2307' } = options;
  const posixSchema = schema === 'rfc2307' ? nisSchema : join(folder, 'rfc2307bis.schema');
  if (schema !== 'rfc2307') await writeFile(posixSchema, await rfc2307bis());
  await writeFile(
    configuration,
    [
      ...['core', 'cosine'].map((name) => `include /etc/ldap/schema/${name}.schema`),
      `include ${posixSchema}`,
      ...['openssh-lpk', 'sudo', ...ownSchemas[schema]].map(
        (name) => `include ${join(schemaFolder, `${name}.schema`)}`,
      ),
      `pidfile ${join(folder, 'slapd.pid')}`,
      'modulepath /usr/lib/ldap',
      'moduleload back_mdb',
      'moduleload ppolicy',
      'moduleload refint',
      `TLSCACertificateFile ${certificates.caFile}`,
      `TLSCertificateFile ${certificates.certificateFile}`,
      `TLSCertificateKeyFile ${certificates.keyFile}`,
      'database mdb',
      'maxsize 67108864',
      `suffix "${baseDn}"`,
      `rootdn "${administrator}"`,
      `rootpw ${password}`,
      `directory ${join(folder, 'data')}`,
      'index objectClass,entryUUID,modifyTimestamp eq',
      options.database ?? 'sizelimit unlimited',
      'access to attrs=userPassword by anonymous auth by * none',
      `access to * by dn.exact="${bindDn}" read by * none`,
      options.overlays ?? '',
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  async function load(content: string): Promise<void> {
    const ldif = join(folder, 'content.ldif');
    const reader = `dn: ${bindDn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: ${password}\n`;
    await writeFile(ldif, `${content.trimEnd()}\n\n${reader}`);
    await execa('slapadd', ['-q', '-f', configuration, '-l', ldif], { timeout: 20_000, stdin: 'ignore' });
  }

  const port = await freePort();
  const url = `ldaps://127.0.0.1:${port}`;
  const plainUrl = `ldap://127.0.0.1:${await freePort()}`;
  async function launch() {
    const slapd = execa('slapd', ['-d', '0', '-f', configuration, '-h', `${url} ${plainUrl}`], {
      stdin: 'ignore',
      reject: false,
      forceKillAfterDelay: 2000,
    });
    const exited = slapd.then((result) => {
      throw new Error(`slapd ended: ${result.stderr}`);
    });
    exited.catch(() => undefined);
    await Promise.race([accepting(port), exited]);
    // Not the process itself, which is a promise of its end.
    return { slapd };
  }

  await load(options.ldif);
  let running = await launch();
  return {
    url,
    plainUrl,
    ca: certificates.ca,
    bindDn,
    password,
    async modify(changes, as = { dn: administrator, password }) {
      await execa('ldapmodify', ['-x', '-H', url, '-D', as.dn, '-w', as.password], {
        input: changes,
        timeout: 20_000,
        env: { LDAPTLS_CACERT: certificates.caFile },
      });
    },
    async restart(ldif) {
      running.slapd.kill('SIGTERM');
      await running.slapd;
      if (ldif !== undefined) {
        await rm(join(folder, 'data'), { recursive: true });
        await mkdir(join(folder, 'data'));
        await load(ldif);
      }
      running = await launch();
    },
    async stop() {
      running.slapd.kill('SIGTERM');
      await running.slapd;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** RFC 2307bis as far as it differs here: posixGroup may join another class, such as groupOfNames. */
async function rfc2307bis(): Promise<string> {
  const text = await readFile(nisSchema, 'utf8');
  const changed = text.replace(/(NAME 'posixGroup'[\s\S]*?SUP top )STRUCTURAL/, '$1AUXILIARY');
  if (changed === text) throw new Error(`${nisSchema} has no structural posixGroup`);
  return changed;
}

/** Resolves once the port accepts connections; slapd has no other sign of being ready in the foreground. */
async function accepting(port: number): Promise<void> {
  const deadline = AbortSignal.timeout(20_000);
  while (!deadline.aborted) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await delay(20);
  }
  throw new Error('slapd does not accept connections');
}
