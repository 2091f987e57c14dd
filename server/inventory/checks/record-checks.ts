import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import { canonicalAddress, checkInterface } from './interface-checks.ts';

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
  const macs = new Map<string, number>();
  const addresses = new Set<string>();
  for (const [index, port] of record.interfaces.entries()) {
    const pointer = `/interfaces/${index}`;
    const other = macs.get(port.mac);
    if (other !== undefined) {
      problems.push({
        pointer: `${pointer}/mac`,
        message: `is the same as that of interface ${other + 1}`,
        remedy: 'give each interface its own address',
      });
    }
    macs.set(port.mac, index);
    for (const [position, cidr] of (port.addresses ?? []).entries()) {
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
    problems.push(...checkInterface(port, pointer));
  }
  return problems;
}

function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}
