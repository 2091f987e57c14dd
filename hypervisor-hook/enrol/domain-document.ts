import { DOMParser, type Document, type Element, XMLSerializer } from '@xmldom/xmldom';

/** A domain's XML as a document that can be edited. */
export interface DomainDocument {
  readonly root: Element;
  readonly devices: Element;
  /** The text, as this document writes it. */
  text(): string;
}

/** Parses a domain's XML. @throws Error for what libvirt does not print */
export function parseDomainDocument(xml: string): DomainDocument {
  const document: Document = new DOMParser({
    locator: false,
    onError: (_level, message) => {
      throw new Error(message);
    },
  }).parseFromString(xml, 'text/xml');
  const root = document.documentElement;
  const devices = root === null ? undefined : childrenOf(root, 'devices')[0];
  if (root === null || root.nodeName !== 'domain' || devices === undefined || document.doctype !== null) {
    throw new Error('the XML is not that of a domain');
  }
  return { root, devices, text: () => new XMLSerializer().serializeToString(document) };
}

/** Child elements of this name. */
export function childrenOf(parent: Element, name: string): readonly Element[] {
  const found: Element[] = [];
  for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType === node.ELEMENT_NODE && node.nodeName === name) found.push(node as Element);
  }
  return found;
}

/** The first child element of this name. */
export function childOf(parent: Element, name: string): Element | undefined {
  return childrenOf(parent, name)[0];
}

/** Alias of a device; undefined if it has none. */
export function aliasOf(device: Element): string | undefined {
  const alias = childOf(device, 'alias')?.getAttribute('name') ?? '';
  return alias === '' ? undefined : alias;
}

/** A device as text: how {@link addDevice} takes it. */
export function xmlText(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll("'", '&apos;')
    .replaceAll('"', '&quot;');
}

/** Puts a device behind the last of its kind, or at the end, on a line of its own. */
export function addDevice({ root, devices }: DomainDocument, device: string): void {
  const parsed = new DOMParser().parseFromString(device, 'text/xml').documentElement;
  const document = root.ownerDocument;
  if (parsed === null || document === null) throw new Error('the device is not XML');
  const element = document.importNode(parsed, true);
  const last = childrenOf(devices, element.nodeName).at(-1);
  const before = last === undefined ? devices.lastChild : last.nextSibling;
  devices.insertBefore(document.createTextNode('\n    '), before);
  devices.insertBefore(element, before);
}

/** Takes a node away together with the white space before it. */
export function removeNode(node: Element): void {
  const { previousSibling: before, parentNode: parent } = node;
  if (before !== null && before.nodeType === before.TEXT_NODE && before.nodeValue?.trim() === '') {
    parent?.removeChild(before);
  }
  parent?.removeChild(node);
}
