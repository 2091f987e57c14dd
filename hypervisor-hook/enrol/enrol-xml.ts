import type { Element } from '@xmldom/xmldom';
import { reportChannel } from '../adapters/libvirt/domain-xml.ts';
import {
  addDevice,
  aliasOf,
  childOf,
  childrenOf,
  type DomainDocument,
  parseDomainDocument,
  removeNode,
  xmlText,
} from './domain-document.ts';

/** Aliases of what enrolling adds: they say what unenrolling takes away. libvirt wants `ua-` before a user's alias. */
export const aliases = {
  drive: 'ua-ubugi',
  scsi: 'ua-ubugi-scsi',
  serial: 'ua-ubugi-serial',
  report: 'ua-ubugi-report',
  /** A number follows. */
  port: 'ua-ubugi-port-',
} as const;

/** An edited domain. */
export interface EditedDomain {
  /** Before and after, written alike. */
  readonly before: string;
  readonly after: string;
  /** What was done, for people; empty: nothing was to do. */
  readonly changes: readonly string[];
  /** What was added, in order, as a running domain can be given it. */
  readonly devices: readonly string[];
}

/** What the domain has for a config drive already. */
export interface PresentDrive {
  /** Target of the CD-ROM. */
  readonly device: string;
}

/**
 * Adds the config drive, on a virtio-scsi bus, and the report channel where they are missing; a drive that is there is
 * marked with our alias. Nothing else is touched. @throws Error for XML that is not a domain's
 */
export function enrolXml(xml: string, present: PresentDrive | undefined, path: string): EditedDomain {
  const document = parseDomainDocument(xml);
  const before = document.text();
  const changes: string[] = [];
  const devices: string[] = [];
  const add = (what: string, device: string): void => {
    addDevice(document, device);
    changes.push(`adds ${what}`);
    devices.push(device);
  };

  if (present === undefined) {
    const controller = scsiController(document, add);
    const target = freeTarget(document);
    add(
      `the config drive ${target} at ${path}`,
      `<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='${xmlText(path)}'/><target dev='${target}' bus='scsi'/><readonly/><alias name='${aliases.drive}'/><address type='drive' controller='${controller}' bus='0' target='0' unit='${freeUnit(document, controller)}'/></disk>`,
    );
  } else {
    const disk = childrenOf(document.devices, 'disk').find(
      (element) => childOf(element, 'target')?.getAttribute('dev') === present.device,
    );
    if (disk !== undefined && mark(disk)) changes.push(`marks ${present.device} as the config drive`);
  }

  if (!childrenOf(document.devices, 'channel').some(isReportChannel)) {
    if (controllers(document, 'virtio-serial').length === 0) {
      add(
        'a virtio-serial controller',
        `<controller type='virtio-serial' index='0'><alias name='${aliases.serial}'/></controller>`,
      );
    }
    add(
      `the channel ${reportChannel}`,
      `<channel type='unix'><source mode='bind'/><target type='virtio' name='${reportChannel}'/><alias name='${aliases.report}'/></channel>`,
    );
  }
  return { before, after: document.text(), changes, devices };
}

/**
 * Takes away what enrolling added, and the mark from a drive that was there before. @param path of an added drive
 * @throws Error for XML that is not a domain's
 */
export function unenrolXml(xml: string, path: string): EditedDomain {
  const document = parseDomainDocument(xml);
  const before = document.text();
  const changes: string[] = [];
  for (const disk of childrenOf(document.devices, 'disk')) {
    if (aliasOf(disk) !== aliases.drive) continue;
    const target = childOf(disk, 'target')?.getAttribute('dev') ?? '';
    if (childOf(disk, 'source')?.getAttribute('file') === path) {
      removeNode(disk);
      changes.push(`takes the config drive ${target} away`);
    } else {
      const alias = childOf(disk, 'alias');
      if (alias !== undefined) removeNode(alias);
      changes.push(`takes the mark from ${target}, which was there before`);
    }
  }
  for (const channel of childrenOf(document.devices, 'channel')) {
    if (aliasOf(channel) !== aliases.report) continue;
    removeNode(channel);
    changes.push(`takes the channel ${reportChannel} away`);
  }
  // Ports last: the controllers that are taken away hang on them.
  for (const type of ['scsi', 'virtio-serial', 'pci']) {
    for (const controller of controllers(document, type)) {
      if (!isOurs(aliasOf(controller)) || isInUse(document, controller)) continue;
      removeNode(controller);
      changes.push(`takes the ${type} controller ${controller.getAttribute('index')} away`);
    }
  }
  return { before, after: document.text(), changes, devices: [] };
}

/**
 * Marks the PCI ports that libvirt added for new devices by itself, so that they can be taken away again.
 * @param before the XML from before the devices were defined @returns undefined if there are none
 */
export function markAddedPorts(before: string, defined: string): string | undefined {
  const known = new Set(ports(parseDomainDocument(before)).map((port) => port.getAttribute('index')));
  const document = parseDomainDocument(defined);
  const added = ports(document).filter(
    (port) => !known.has(port.getAttribute('index')) && aliasOf(port) === undefined,
  );
  for (const port of added) appendAlias(port, `${aliases.port}${port.getAttribute('index')}`);
  return added.length === 0 ? undefined : document.text();
}

function isOurs(alias: string | undefined): boolean {
  return alias === aliases.scsi || alias === aliases.serial || alias?.startsWith(aliases.port) === true;
}

function ports(document: DomainDocument): readonly Element[] {
  return controllers(document, 'pci');
}

function scsiController(document: DomainDocument, add: (what: string, device: string) => void): number {
  const scsi = controllers(document, 'scsi');
  const index = (controller: Element): number => Number(controller.getAttribute('index') ?? '0');
  const suitable = scsi.find((controller) => controller.getAttribute('model') === 'virtio-scsi');
  if (suitable !== undefined) return index(suitable);
  const free = Math.max(-1, ...scsi.map(index)) + 1;
  add(
    'a virtio-scsi controller',
    `<controller type='scsi' index='${free}' model='virtio-scsi'><alias name='${aliases.scsi}'/></controller>`,
  );
  return free;
}

function controllers({ devices }: DomainDocument, type: string): readonly Element[] {
  return childrenOf(devices, 'controller').filter((controller) => controller.getAttribute('type') === type);
}

/** `sda` to `sdz`, then `sdaa`: the first that no disk has. */
function freeTarget({ devices }: DomainDocument): string {
  const taken = new Set(
    childrenOf(devices, 'disk').map((disk) => childOf(disk, 'target')?.getAttribute('dev')),
  );
  for (let number = 0; ; number += 1) {
    const letter = (value: number): string => String.fromCharCode('a'.charCodeAt(0) + value);
    const name = `sd${number < 26 ? '' : letter(Math.floor(number / 26) - 1)}${letter(number % 26)}`;
    if (!taken.has(name)) return name;
  }
}

function freeUnit({ devices }: DomainDocument, controller: number): number {
  const taken = new Set(
    [...childrenOf(devices, 'disk').filter(isOnScsi), ...childrenOf(devices, 'hostdev')]
      .map((device) => childOf(device, 'address'))
      .filter((address) => address?.getAttribute('controller') === String(controller))
      .map((address) => Number(address?.getAttribute('unit') ?? '0')),
  );
  let unit = 0;
  while (taken.has(unit)) unit += 1;
  return unit;
}

/** An alias that somebody else chose stays: the drive is known by its serial or path then. */
function mark(disk: Element): boolean {
  if (aliasOf(disk)?.startsWith('ua-') === true) return false;
  appendAlias(disk, aliases.drive);
  return true;
}

function appendAlias(device: Element, name: string): void {
  const present = childOf(device, 'alias');
  if (present !== undefined) removeNode(present);
  const alias = device.ownerDocument?.createElement('alias');
  if (alias === undefined) return;
  alias.setAttribute('name', name);
  // The schema takes the children of a device in any order, but libvirt prints the address last.
  device.insertBefore(alias, childOf(device, 'address') ?? null);
}

function isReportChannel(channel: Element): boolean {
  return childOf(channel, 'target')?.getAttribute('name') === reportChannel;
}

function isOnScsi(disk: Element): boolean {
  return childOf(disk, 'target')?.getAttribute('bus') === 'scsi';
}

/** Whether another device hangs on a controller. */
function isInUse({ devices }: DomainDocument, controller: Element): boolean {
  const [type, index] = [controller.getAttribute('type'), controller.getAttribute('index')];
  const kinds: Readonly<Record<string, (address: Element) => boolean>> = {
    scsi: (address) =>
      address.getAttribute('type') === 'drive' && address.getAttribute('controller') === index,
    'virtio-serial': (address) =>
      address.getAttribute('type') === 'virtio-serial' && address.getAttribute('controller') === index,
    pci: (address) =>
      address.getAttribute('type') === 'pci' && Number(address.getAttribute('bus')) === Number(index),
  };
  const uses = kinds[type ?? ''];
  for (let node = devices.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType !== node.ELEMENT_NODE || node === controller) continue;
    const device = node as Element;
    // Other disks' addresses name their own bus's controllers.
    if (type === 'scsi' && device.nodeName === 'disk' && !isOnScsi(device)) continue;
    const address = childOf(device, 'address');
    if (address !== undefined && uses?.(address) === true) return true;
  }
  return false;
}
