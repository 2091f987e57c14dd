import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { judgeRecords } from '../../../server/inventory/checks/judge-records.ts';
import type { InventorySnapshot } from '../../../server/inventory/inventory.ts';
import { mapMachines } from '../../../server/inventory/netbox/machines/map-machines.ts';
import { defaultMapping, type NetboxMapping } from '../../../server/inventory/netbox/mapping.ts';
import { addressReader, interfaceReader, machineReader } from '../../../server/inventory/netbox/rows/rows.ts';
import { hostileValues } from '../../harness/hostile-values.ts';
import { ipAddress, virtualMachine, vmInterface } from '../../harness/netbox/netbox-objects.ts';

const validators = createValidators();
const mapping: NetboxMapping = {
  ...defaultMapping,
  bonds: ['config_context.network.bonds', 'custom_fields.bonds'],
};
type More = Readonly<Record<string, unknown>>;

/** eth0 to eth2; bond0 and two VLANs on it and on eth2; addresses on all but the members. */
function map({
  machine = {},
  bonds = [{ name: 'bond0', mode: '802.3ad', members: ['eth0', 'eth1'], lacpRate: 'fast' }],
  storage = {},
  eth0 = {},
}: {
  readonly machine?: More;
  readonly bonds?: unknown;
  readonly storage?: More;
  readonly eth0?: More;
}): InventorySnapshot {
  const rows = [
    vmInterface(1, 1, eth0),
    vmInterface(2, 1, { name: 'eth1' }),
    vmInterface(3, 1, { name: 'eth2' }),
    vmInterface(4, 1, { name: 'bond0', mtu: 9000, mac_address: null, primary_mac_address: null }),
    vmInterface(5, 1, {
      name: 'bond0.40',
      parent: { id: 4, name: 'bond0' },
      untagged_vlan: { id: 77, vid: 40, name: 'storage' },
      mac_address: null,
      primary_mac_address: null,
      ...storage,
    }),
    vmInterface(6, 1, {
      name: 'eth2.7',
      parent: { id: 3, name: 'eth2' },
      untagged_vlan: { id: 78, vid: 7, name: 'backup' },
    }),
  ];
  const addresses = [
    ipAddress(10, 4, 1, { address: '192.0.2.10/24', custom_fields: { gateway: '192.0.2.1' } }),
    ipAddress(11, 5, 1, { address: '198.51.100.10/24' }),
    ipAddress(12, 6, 1, { address: '203.0.113.10/24', status: { value: 'dhcp', label: 'DHCP' } }),
  ];
  const row = virtualMachine(1, {
    custom_fields: {},
    config_context: { network: { bonds } },
    primary_ip4: { id: 10 },
    ...machine,
  });
  return judgeRecords(
    mapMachines(
      {
        machines: [machineReader(mapping)(row)],
        interfaces: rows.flatMap((one) => interfaceReader(mapping)(one) ?? []),
        addresses: addresses.flatMap((one) => addressReader(mapping)(one) ?? []),
        prefixes: new Map(),
        creators: new Map(),
        changes: new Map(),
      },
      mapping,
    ),
    validators,
    'netbox',
  );
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.array(
    fc.record(
      {
        name: fc.constantFrom('bond0', 'eth0', 'bond9', ...Object.values(hostileValues)),
        mode: fc.constantFrom('802.3ad', 'active-backup', 'lacp'),
        members: fc.oneof(
          fc.array(fc.constantFrom('eth0', 'eth1', 'eth2', ...Object.values(hostileValues))),
          fc.jsonValue({ maxDepth: 2 }),
        ),
        mtu: fc.integer(),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 3 },
  ),
);
const mac = (id: number): string => `52:54:00:00:00:0${id}`;
const wrong = ({ quarantined }: InventorySnapshot): readonly string[] =>
  quarantined.flatMap(({ problems }) => problems.map(({ field, message }) => `${field} ${message}`));

describe('a machine of NetBox', () => {
  test('has a bond by config context and VLANs by parent and untagged VLAN', () => {
    const { entries, quarantined } = map({});
    expect(quarantined).toEqual([]);
    expect(entries[0]?.record).toMatchObject({
      interfaces: [
        { name: 'eth0', mac: mac(1) },
        { name: 'eth1', mac: mac(2) },
        { name: 'eth2', mac: mac(3) },
      ],
      bonds: [
        {
          name: 'bond0',
          mode: '802.3ad',
          members: [mac(1), mac(2)],
          lacpRate: 'fast',
          mtu: 9000,
          addresses: ['192.0.2.10/24'],
          gateway4: '192.0.2.1',
        },
      ],
      vlans: [
        { name: 'bond0.40', id: 40, link: 'bond0', addresses: ['198.51.100.10/24'] },
        { name: 'eth2.7', id: 7, link: mac(3), dhcp4: true },
      ],
    });
  });

  test('may name its bonds in a custom field, and members by MAC address in any case', () => {
    const bonds = [{ name: 'bond0', mode: 'active-backup', members: [mac(1).toUpperCase(), 'eth1'] }];
    const { entries } = map({ machine: { custom_fields: { bonds }, config_context: {} } });
    expect(entries[0]?.record.bonds).toMatchObject([{ mode: 'active-backup', members: [mac(1), mac(2)] }]);
  });

  test('has no bond and no VLAN where nothing says so', () => {
    const plain = judgeRecords(
      mapMachines(
        {
          machines: [machineReader(defaultMapping)(virtualMachine(1))],
          interfaces: [vmInterface(1, 1)].flatMap((one) => interfaceReader(defaultMapping)(one) ?? []),
          addresses: [],
          prefixes: new Map(),
          creators: new Map(),
          changes: new Map(),
        },
        defaultMapping,
      ),
      validators,
      'netbox',
    );
    expect(Object.keys(plain.entries[0]?.record ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/bonds|vlans/)]),
    );
  });

  test.each<[string, Parameters<typeof map>[0], string]>([
    [
      'a member that is no interface',
      { bonds: [{ name: 'bond0', mode: '802.3ad', members: ['eth0', 'eth9'] }] },
      'config_context.network.bonds or custom_fields.bonds.0.members.1 is no enabled interface of the machine',
    ],
    [
      'a mode that there is not',
      { bonds: [{ name: 'bond0', mode: 'lacp', members: ['eth0', 'eth1'] }] },
      'config_context.network.bonds or custom_fields.bonds.0.mode is not one of the allowed values',
    ],
    [
      'a VLAN without number',
      { storage: { untagged_vlan: null } },
      'interfaces/5 (bond0.40).untagged_vlan is not set',
    ],
    [
      'a VLAN on what is not there',
      { storage: { parent: { id: 99, name: 'eth9' } } },
      'interfaces/5 (bond0.40).parent is no enabled interface of the machine',
    ],
    [
      'a VLAN of a name that no kernel takes',
      { storage: { name: 'Storage network' } },
      'interfaces/5 (Storage network).name has characters or a form that are not allowed here',
    ],
    [
      'a VLAN that comes twice',
      { storage: { name: 'eth2.8', parent: { id: 3 }, untagged_vlan: { vid: 7 } } },
      'interfaces/6 (eth2.7).untagged_vlan is on the same link twice',
    ],
    [
      'a member that is disabled',
      { eth0: { enabled: false } },
      'config_context.network.bonds or custom_fields.bonds.0.members.0 is no enabled interface of the machine',
    ],
  ])('is set aside for %s, with the field of NetBox', (_, more, message) => {
    expect(wrong(map(more))).toContain(message);
  });

  test('is set aside, never more, whatever stands where bonds should', () => {
    fc.assert(
      fc.property(anything, (bonds) => {
        const { entries, quarantined } = map({ bonds });
        expect(entries.length + quarantined.length).toBe(1);
        for (const { record } of entries) {
          expect(validators.instanceRecord(structuredClone(record))).toMatchObject({ kind: 'valid' });
        }
      }),
      { numRuns: 300 },
    );
  });
});
