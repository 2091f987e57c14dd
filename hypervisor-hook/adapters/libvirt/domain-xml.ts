import { basename } from 'node:path';
import { DOMParser, type Element } from '@xmldom/xmldom';
import { novaFileNames } from '../../drive-files/nova-drive.ts';

/** One `<disk device='cdrom'>` of a domain, or the disk that Nova attaches in its place where its format is vfat. */
export interface Cdrom {
  /** Name of the device in the guest, `<target dev>`; empty if there is none. */
  readonly target: string;
  /** Path of the image where the medium is a file: `<source file>`. */
  readonly file: string | undefined;
  /** The user's alias, `<alias name>`. */
  readonly alias: string | undefined;
  /** `<serial>`. */
  readonly serial: string | undefined;
  /** Whether the guest, or somebody, has opened the tray: `<target tray='open'>` of a running domain. */
  readonly trayOpen: boolean;
}

/** What is needed of a domain. */
export interface Domain {
  /** Any text but a slash or a line feed; empty if there is none. */
  readonly name: string;
  /** UUID in lower case: the instance's. */
  readonly uuid: string;
  /** In the order of the XML. */
  readonly cdroms: readonly Cdrom[];
  /** Whether it is running or paused: only the XML of such a domain has an id. */
  readonly active: boolean;
  /** Unix socket of the channel `org.ubugi.report.0`; libvirt chooses one at the start if the XML names none. */
  readonly reportSocket: string | undefined;
}

/** Name of the virtio-serial port on which the guest reports. */
export const reportChannel = 'org.ubugi.report.0';

/** A domain, or why the text is not one. */
export type DomainReading =
  | { readonly kind: 'domain'; readonly domain: Domain }
  | { readonly kind: 'unreadable'; readonly reason: string };

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text is a UUID in lower case. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** libvirt's XML of a large domain has some 50 kB. */
export const mostDomainXmlBytes = 1024 * 1024;

/**
 * Reads libvirt's domain XML (https://libvirt.org/formatdomain.html). Only children at their documented places
 * count: tenants write into `<metadata>`. Document types, and so entities, are refused. Never throws.
 */
export function readDomainXml(xml: string): DomainReading {
  if (xml.length > mostDomainXmlBytes) return unreadable(`is longer than ${mostDomainXmlBytes} bytes`);
  let root: Element | null;
  try {
    const document = new DOMParser({
      locator: false,
      onError: (_level, message) => {
        throw new Error(message);
      },
    }).parseFromString(xml, 'text/xml');
    if (document.doctype !== null) return unreadable('has a document type');
    root = document.documentElement;
  } catch {
    return unreadable('is not well-formed XML');
  }
  if (root?.nodeName !== 'domain') return unreadable('has no <domain> at its root');

  const uuid = textOf(child(root, 'uuid'))?.trim().toLowerCase();
  if (uuid === undefined || !isUuid(uuid)) return unreadable('has no valid <uuid>');
  const devices = child(root, 'devices');
  const cdroms = children(devices, 'disk')
    .filter((disk) => disk.getAttribute('device') === 'cdrom' || isNovas(disk))
    .map(cdrom);
  const channel = children(devices, 'channel').find(
    (element) =>
      element.getAttribute('type') === 'unix' &&
      attribute(child(element, 'target'), 'type') === 'virtio' &&
      attribute(child(element, 'target'), 'name') === reportChannel,
  );
  return {
    kind: 'domain',
    domain: {
      name: textOf(child(root, 'name')) ?? '',
      uuid,
      cdroms,
      active: attribute(root, 'id') !== undefined,
      reportSocket: attribute(child(channel, 'source'), 'path'),
    },
  };
}

/** `config_drive_format = vfat` (`nova/virt/libvirt/blockinfo.py`, `get_config_drive_type`). */
function isNovas(disk: Element): boolean {
  const file = attribute(child(disk, 'source'), 'file');
  return file !== undefined && Object.values<string>(novaFileNames).includes(basename(file));
}

function cdrom(disk: Element): Cdrom {
  const isFile = (disk.getAttribute('type') ?? 'file') === 'file';
  return {
    target: attribute(child(disk, 'target'), 'dev') ?? '',
    file: isFile ? attribute(child(disk, 'source'), 'file') : undefined,
    alias: attribute(child(disk, 'alias'), 'name'),
    serial: textOf(child(disk, 'serial'))?.trim(),
    trayOpen: attribute(child(disk, 'target'), 'tray') === 'open',
  };
}

function children(parent: Element | undefined, name: string): readonly Element[] {
  const found: Element[] = [];
  for (let node = parent?.firstChild ?? null; node !== null; node = node.nextSibling) {
    if (node.nodeType === node.ELEMENT_NODE && node.nodeName === name) found.push(node as Element);
  }
  return found;
}

function child(parent: Element | undefined, name: string): Element | undefined {
  return children(parent, name)[0];
}

function attribute(element: Element | undefined, name: string): string | undefined {
  const value = element?.getAttribute(name) ?? undefined;
  return value === '' ? undefined : value;
}

function textOf(element: Element | undefined): string | undefined {
  return element?.textContent ?? undefined;
}

function unreadable(reason: string): DomainReading {
  return { kind: 'unreadable', reason };
}
