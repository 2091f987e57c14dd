import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Domain } from '../adapters/libvirt/domain-xml.ts';
import { chooseMarkedDrive } from '../adapters/libvirt/drive-choice.ts';
import { listUuids, readDomains } from '../adapters/libvirt/list-domains.ts';
import type { Virsh } from '../adapters/libvirt/virsh.ts';
import { AdapterError } from '../adapters/machine-adapter.ts';
import { oneLine } from '../process/one-line.ts';
import type { EnrolRequest } from './enrol-request.ts';
import { type EditedDomain, enrolXml, markAddedPorts, unenrolXml } from './enrol-xml.ts';
import { matchesGlob } from './glob.ts';
import { lineDiff } from './xml-diff.ts';

/** What is to be done to one domain. */
export interface DomainPlan {
  readonly name: string;
  readonly uuid: string;
  readonly active: boolean;
  /** In words; empty: it is as it should be. */
  readonly changes: readonly string[];
  /** Of the XML that it has from its next start on. */
  readonly diff: string;
  /** Why nothing can be done to it. */
  readonly problem: string | undefined;
  readonly edited: EditedDomain | undefined;
}

/** What became of one domain. */
export interface DomainOutcome {
  readonly name: string;
  readonly uuid: string;
  readonly outcome: 'changed' | 'unchanged' | 'failed';
  readonly changes: readonly string[];
  /** What the running domain lacks until its next start. */
  readonly lacks: readonly string[];
  /** Why it failed. */
  readonly reason?: string;
}

/** The domains that a request names. @throws AdapterError if it names one that is not there */
export async function selectDomains(
  virsh: Virsh,
  { domains, patterns, all }: EnrolRequest,
): Promise<readonly Domain[]> {
  const never = new AbortController().signal;
  const present = await readDomains(virsh, await listUuids(virsh, never), [], never);
  const absent = domains.find(
    (wanted) => !present.some(({ name, uuid }) => name === wanted || uuid === wanted.toLowerCase()),
  );
  if (absent !== undefined)
    throw new AdapterError(oneLine(`there is no domain ${absent}; see virsh list --all`));
  return present.filter(
    ({ name, uuid }) =>
      all ||
      domains.some((wanted) => wanted === name || wanted.toLowerCase() === uuid) ||
      patterns.some((pattern) => matchesGlob(name, pattern)),
  );
}

/** What a request changes in a domain. Changes nothing. @throws AdapterError */
export async function planDomain(
  virsh: Virsh,
  domain: Domain,
  action: EnrolRequest['action'],
  driveFolder: string,
): Promise<DomainPlan> {
  const { name, uuid, active } = domain;
  const plan = { name, uuid, active, changes: [], diff: '', problem: undefined, edited: undefined };
  const dump = await virsh.run(['dumpxml', '--inactive', '--security-info', uuid]);
  if (dump.status !== 0) return { ...plan, problem: 'it has no definition that lasts, or is gone' };
  const [persistent] = await readDomains(virsh, [uuid], ['--inactive'], new AbortController().signal);
  if (persistent === undefined) return { ...plan, problem: 'it has no definition that lasts, or is gone' };
  const path = join(driveFolder, `${uuid}.iso`);
  const choice = chooseMarkedDrive(persistent, driveFolder);
  if (action === 'enrol' && choice.kind === 'unusable') return { ...plan, problem: choice.reason };
  const edited =
    action === 'enrol'
      ? enrolXml(dump.stdout, choice.kind === 'drive' ? choice : undefined, path)
      : unenrolXml(dump.stdout, path);
  return { ...plan, changes: edited.changes, diff: lineDiff(edited.before, edited.after), edited };
}

/** Does what a plan says: defines the domain, validated by libvirt, and gives a running one what it takes. Never throws. */
export async function applyPlan(
  virsh: Virsh,
  { name, uuid, active, edited, problem, changes }: DomainPlan,
): Promise<DomainOutcome> {
  const base = { name, uuid, changes, lacks: [] };
  if (problem !== undefined) return { ...base, outcome: 'failed', reason: problem };
  if (edited === undefined || changes.length === 0) return { ...base, outcome: 'unchanged' };
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-enrol-'));
  try {
    await define(virsh, folder, edited.after);
    const defined = await virsh.expect(['dumpxml', '--inactive', '--security-info', uuid]);
    const marked = edited.devices.length === 0 ? undefined : markAddedPorts(edited.before, defined);
    if (marked !== undefined) await define(virsh, folder, marked);
    if (!active) return { ...base, outcome: 'changed' };
    const lacks =
      edited.devices.length === 0
        ? ['its devices stay as they are until it is started again']
        : await attachLive(virsh, folder, uuid, edited.devices);
    return { ...base, outcome: 'changed', lacks };
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return { ...base, outcome: 'failed', reason: error.message };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function define(virsh: Virsh, folder: string, xml: string): Promise<void> {
  const file = join(folder, 'domain.xml');
  // It may hold a graphics password.
  await writeFile(file, xml, { mode: 0o600 });
  await virsh.expect(['define', file, '--validate']);
}

/** Gives a running domain what it takes, in order; the rest comes with its next start. */
async function attachLive(
  virsh: Virsh,
  folder: string,
  uuid: string,
  devices: readonly string[],
): Promise<readonly string[]> {
  const lacks: string[] = [];
  for (const device of devices) {
    const file = join(folder, 'device.xml');
    await writeFile(file, device, { mode: 0o600 });
    const run = await virsh.run(['attach-device', uuid, file, '--live']);
    const name = /^<(\w+) [^>]*?(?:type|device)='([\w-]+)'/.exec(device);
    if (run.status !== 0) {
      const said = run.stderr.replaceAll(/^error: /gm, '').trim();
      lacks.push(oneLine(`its ${name?.[1] ?? 'device'}: ${said}`));
    }
  }
  return lacks;
}
