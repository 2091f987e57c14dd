import { randomBytes } from 'node:crypto';
import { inspectMedium } from '../../drive-files/inspect-medium.ts';
import type { Machine, MachineDrive } from '../machine-adapter.ts';
import { type Domain, readDomainXml } from './domain-xml.ts';
import { chooseDrive } from './drive-choice.ts';
import { type Virsh, virshError } from './virsh.ts';

/** Domains that one virsh asks for: starting it takes longer than asking. */
const batchSize = 50;

/** All domains of the host with their config drives. A domain that vanishes meanwhile is left out. @throws AdapterError */
export async function listDomains(
  virsh: Virsh,
  driveFolder: string,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  const uuids = await listUuids(virsh, signal);
  const domains = await readDomains(virsh, uuids, [], signal);
  const chosen = await Promise.all(
    domains.map(async (domain) => ({ domain, drive: await driveOf(domain, driveFolder) })),
  );

  // A running domain's medium may be out just now; what it has from its next start on says which CD-ROM is the drive.
  const doubtful = chosen.filter(({ domain, drive }) => drive === undefined && isEmptySomewhere(domain));
  const persistent = await readDomains(
    virsh,
    doubtful.map(({ domain }) => domain.uuid),
    ['--inactive'],
    signal,
  );
  const later = new Map(persistent.map((domain) => [domain.uuid, domain]));
  return Promise.all(
    chosen.map(async ({ domain, drive }): Promise<Machine> => {
      const { name, uuid, active, reportSocket } = domain;
      return {
        name,
        instance: uuid,
        state: active ? 'running' : 'off',
        drive: drive ?? (await returningDrive(domain, later.get(uuid), driveFolder)),
        reportSocket: active ? reportSocket : undefined,
      };
    }),
  );
}

/** UUIDs of all domains. @throws AdapterError */
export async function listUuids(virsh: Virsh, signal: AbortSignal): Promise<readonly string[]> {
  const lines = (await virsh.expect(['list', '--all', '--uuid'], { signal })).split('\n');
  return lines.map((line) => line.trim()).filter((line) => /^[0-9a-f-]{36}$/.test(line));
}

/**
 * The XML of these domains, by UUID: their names may hold anything. Those that are gone are left out, and those whose
 * XML is not what libvirt prints. @throws AdapterError
 */
export async function readDomains(
  virsh: Virsh,
  uuids: readonly string[],
  flags: readonly string[],
  signal: AbortSignal,
): Promise<readonly Domain[]> {
  const domains: Domain[] = [];
  for (let start = 0; start < uuids.length; start += batchSize) {
    const batch = uuids.slice(start, start + batchSize);
    // Tenants write into the metadata: what separates two documents must not be guessed.
    const separator = `end-of-domain-${randomBytes(16).toString('hex')}`;
    const commands = batch.map((uuid) => `dumpxml ${[...flags, uuid].join(' ')}; echo ${separator}`);
    const run = await virsh.run([commands.join('; ')], { signal });
    const documents = run.stdout.split(separator).slice(0, -1);
    if (documents.length !== batch.length) throw virshError(['dumpxml'], run);
    const missing = batch.filter((_uuid, index) => documents[index]?.trim() === '');
    if (missing.length > 0) {
      const present = new Set(await listUuids(virsh, signal));
      if (flags.length === 0 && missing.some((uuid) => present.has(uuid))) throw virshError(['dumpxml'], run);
    }
    for (const document of documents) {
      const reading = readDomainXml(document);
      if (reading.kind === 'domain') domains.push(reading.domain);
    }
  }
  return domains;
}

async function driveOf(domain: Domain, driveFolder: string): Promise<MachineDrive | undefined> {
  const choice = await chooseDrive(domain, driveFolder, inspectMedium);
  return choice.kind === 'drive' ? { path: choice.path, device: choice.device } : undefined;
}

function isEmptySomewhere({ active, cdroms }: Domain): boolean {
  return active && cdroms.some(({ file }) => file === undefined);
}

async function returningDrive(
  domain: Domain,
  persistent: Domain | undefined,
  driveFolder: string,
): Promise<MachineDrive | undefined> {
  const drive = persistent === undefined ? undefined : await driveOf(persistent, driveFolder);
  const tray = domain.cdroms.find(({ target }) => target === drive?.device);
  return tray !== undefined && tray.file === undefined ? drive : undefined;
}
