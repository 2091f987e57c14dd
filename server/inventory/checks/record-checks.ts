import { linkProblems } from '../../../schemas/network-links/link-problems.ts';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import { networkLinks } from '../../domain/network-links.ts';
import { canonicalAddress, checkLink, checkMac } from './link-checks.ts';

const hostLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** What a schema cannot say of an instance. Expects a record that is valid against the schema. */
export function checkRecord(record: InstanceRecord): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (/^[0-]*$|^[f-]*$/.test(record.id)) {
    problems.push({
      pointer: '/id',
      message: 'is the nil or the max UUID, which names no machine',
      remedy: "give the machine's own UUID",
    });
  }
  const label = record.name.split('.')[0]?.toLowerCase() ?? '';
  if (record.hostname === undefined && !hostLabel.test(label)) {
    problems.push({
      pointer: '/hostname',
      message: 'is missing, and the name is not one that a host can have (RFC 1123)',
      remedy: 'give a host name of letters, digits and hyphens',
    });
  }
  if (record.userData !== undefined && !isBase64(record.userData)) {
    problems.push({ pointer: '/userData', message: 'is not base64', remedy: 'encode it with base64' });
  }
  problems.push(...linkProblems(record));
  const addresses = new Set<string>();
  for (const { kind, link, path } of networkLinks(record)) {
    const pointer = `/${path}`;
    for (const [position, cidr] of (link.addresses ?? []).entries()) {
      const address = canonicalAddress(cidr);
      if (addresses.has(address)) {
        problems.push({
          pointer: `${pointer}/addresses/${position}`,
          message: 'stands there twice',
          remedy: 'keep one of the two',
        });
      }
      addresses.add(address);
    }
    if (kind !== 'vlan') problems.push(...checkMac(link.mac, pointer));
    problems.push(...checkLink(link, pointer));
  }
  return problems;
}

function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}
