import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InstanceRecord, NetworkInterface } from '../../../schemas/types/instance-record.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { judgeRecords } from '../../../server/inventory/checks/judge-records.ts';
import type { InventorySnapshot } from '../../../server/inventory/inventory.ts';
import type { Row } from '../../../server/inventory/netbox/client/pager.ts';
import { mapMachines } from '../../../server/inventory/netbox/machines/map-machines.ts';
import { osFamilyOf } from '../../../server/inventory/netbox/machines/os-family.ts';
import { defaultMapping, type NetboxMapping } from '../../../server/inventory/netbox/mapping.ts';
import { prefixesByNetwork } from '../../../server/inventory/netbox/reading/look-up.ts';
import {
  addressReader,
  interfaceReader,
  machineReader,
  prefixReader,
} from '../../../server/inventory/netbox/rows/rows.ts';
import { valueAt } from '../../../server/inventory/netbox/rows/value-at.ts';
import { ipAddress, virtualMachine, vmInterface } from '../../harness/netbox/netbox-objects.ts';

const validators = createValidators();

interface Rows {
  readonly machine?: Readonly<Record<string, unknown>>;
  readonly interfaces?: readonly Row[];
  readonly addresses?: readonly Row[];
  readonly prefixes?: readonly Row[];
}

/** Maps machine 1, whose primary address has the id 10. */
function map(rows: Rows, mapping: Partial<NetboxMapping> = {}): InventorySnapshot {
  const whole = { ...defaultMapping, ...mapping };
  const kept = <T>(
    list: readonly Row[],
    reader: (mapping: NetboxMapping) => (row: Row) => T | undefined,
  ): readonly T[] => list.map(reader(whole)).filter((row) => row !== undefined);
  const reading = {
    machines: kept([virtualMachine(1, { custom_fields: {}, ...rows.machine })], machineReader),
    interfaces: kept(rows.interfaces ?? [vmInterface(1, 1)], interfaceReader),
    addresses: kept(rows.addresses ?? [address(10, '192.0.2.10/24')], addressReader),
    prefixes: prefixesByNetwork(kept(rows.prefixes ?? [], prefixReader)),
    creators: new Map<number, string>(),
    changes: new Map(),
  };
  return judgeRecords(mapMachines(reading, whole), validators, 'cmdb');
}

function recordOf(rows: Rows, mapping: Partial<NetboxMapping> = {}): InstanceRecord {
  const { entries, quarantined } = map(rows, mapping);
  expect(quarantined).toEqual([]);
  return entries[0]?.record as InstanceRecord;
}

function portsOf(rows: Rows, mapping: Partial<NetboxMapping> = {}): readonly NetworkInterface[] {
  return recordOf(rows, mapping).interfaces;
}

function address(id: number, cidr: string, more: Readonly<Record<string, unknown>> = {}, port = 1): Row {
  return ipAddress(id, port, 1, { address: cidr, ...more });
}

const choice = (value: string) => ({ value, label: value });

describe('gateways, by declared order', () => {
  const prefixes = [
    { id: 1, prefix: '192.0.2.0/24', vrf: null, custom_fields: { gateway: '192.0.2.254' } },
    { id: 2, prefix: '198.51.100.0/24', vrf: { id: 4 }, custom_fields: {} },
    { id: 3, prefix: '2001:DB8::/64', vrf: null, custom_fields: {} },
  ];
  const everywhere: Rows = {
    machine: {
      custom_fields: { gateway4: '192.0.2.3' },
      config_context: { network: { gateway4: '192.0.2.4' } },
    },
    interfaces: [vmInterface(1, 1, { custom_fields: { gateway4: '192.0.2.2' } })],
    addresses: [address(10, '192.0.2.10/24', { custom_fields: { gateway: '192.0.2.1' } })],
    prefixes,
  };

  test.each([
    [['address.custom_fields.gateway', 'interface.custom_fields.gateway4'], '192.0.2.1'],
    [['interface.custom_fields.gateway4', 'address.custom_fields.gateway'], '192.0.2.2'],
    [['vm.custom_fields.absent', 'vm.custom_fields.gateway4'], '192.0.2.3'],
    [['vm.config_context.network.gateway4'], '192.0.2.4'],
    [['prefix.custom_fields.gateway'], '192.0.2.254'],
    [['prefix.first-host'], '192.0.2.1'],
    [['vm.custom_fields.absent'], undefined],
    [[], undefined],
  ])('%o', (gateway4, expected) => {
    expect(portsOf(everywhere, { gateway4 })[0]?.gateway4).toBe(expected);
  });

  test("the first host of a prefix of the address's own network and VRF only", () => {
    const first = (cidr: string, vrf: unknown = null): string | undefined =>
      portsOf({ addresses: [address(10, cidr, { vrf })], prefixes }, { gateway4: ['prefix.first-host'] })[0]
        ?.gateway4;
    expect(first('192.0.2.10/24')).toBe('192.0.2.1');
    expect(first('192.0.2.1/24')).toBeUndefined();
    expect(first('192.0.2.10/25')).toBeUndefined();
    expect(first('198.51.100.9/24')).toBeUndefined();
    expect(first('198.51.100.9/24', { id: 4 })).toBe('198.51.100.1');
  });

  test('IPv6', () => {
    const [port] = portsOf(
      { machine: { primary_ip6: { id: 11 } }, addresses: [address(11, '2001:db8::10/64')], prefixes },
      { gateway6: ['prefix.first-host'] },
    );
    expect(port).toMatchObject({ addresses: ['2001:db8::10/64'], gateway6: '2001:db8::1' });
    expect(port).not.toHaveProperty('gateway4');
  });

  test('what the machine says counts for the interface with the primary address only', () => {
    const rows = {
      machine: { custom_fields: { gateway4: '192.0.2.1' } },
      interfaces: [vmInterface(1, 1), vmInterface(2, 1, { name: 'eth1' })],
      addresses: [address(9, '198.51.100.9/24', {}, 2), address(10, '192.0.2.10/24')],
    };
    expect(portsOf(rows).map(({ gateway4 }) => gateway4)).toEqual(['192.0.2.1', undefined]);
    const unsure = { ...rows, machine: { ...rows.machine, primary_ip4: null } };
    expect(portsOf(unsure).map(({ gateway4 }) => gateway4)).toEqual([undefined, undefined]);
  });

  test('one that the interface cannot reach sets the record aside, and says where it may stand', () => {
    const { quarantined } = map({ machine: { custom_fields: { gateway4: '203.0.113.1' } } });
    expect(quarantined[0]?.problems[0]).toMatchObject({
      field: expect.stringMatching(/^interfaces\/1 \(eth0\)\.gateway4 \(.*vm\.custom_fields\.gateway4/),
      message: "is in none of the interface's networks",
    });
  });
});

describe('addresses', () => {
  test('the primary one comes first; DHCP ones are left to DHCP, shared and unused ones out', () => {
    const [port] = portsOf({
      addresses: [
        address(3, '192.0.2.3/24'),
        address(10, '192.0.2.10/24'),
        address(11, '192.0.2.11/24', { role: choice('secondary') }),
        address(12, '192.0.2.12/24', { role: choice('vip') }),
        address(13, '192.0.2.13/24', { status: choice('deprecated') }),
        address(14, '2001:db8::14/64', { status: choice('dhcp') }),
        address(15, '2001:db8::15/64', { status: choice('slaac') }),
      ],
    });
    expect(port).toEqual({
      name: 'eth0',
      mac: '52:54:00:00:00:01',
      addresses: ['192.0.2.10/24', '192.0.2.3/24', '192.0.2.11/24'],
      dhcp6: true,
    });
  });

  test('one that is none is named', () => {
    const { quarantined } = map({
      addresses: [address(9, '192.0.2.9/24', { status: choice('dhcp') }), address(10, '192.0.2.10/24\n')],
    });
    expect(quarantined[0]?.problems[0]?.field).toBe('ip-addresses/10');
  });
});

describe('interfaces', () => {
  test('disabled ones are left out; the order is that of NetBox', () => {
    const interfaces = [
      vmInterface(3, 1, { name: 'eth2', mtu: 9000 }),
      vmInterface(2, 1, { name: 'eth1', enabled: false, mac_address: null, primary_mac_address: null }),
      vmInterface(1, 1),
    ];
    expect(portsOf({ interfaces })).toMatchObject([{ name: 'eth0' }, { name: 'eth2', mtu: 9000 }]);
  });
});

describe('fields', () => {
  test('from the first of several places that is set', () => {
    const machine = {
      custom_fields: { project: '', owner: null },
      tenant: { slug: 'web' },
      cluster: { name: 'az-1' },
    };
    const record = recordOf(
      { machine },
      { project: ['custom_fields.project', 'tenant.slug'], availabilityZone: ['cluster.name'] },
    );
    expect(record).toMatchObject({ project: 'web', availabilityZone: 'az-1' });
    expect(record).not.toHaveProperty('owner');
  });

  test('a time in the zone that NetBox is set to becomes UTC', () => {
    const machine = { created: '2026-01-02T05:04:05.123456+02:00' };
    expect(recordOf({ machine }).createdAt).toBe('2026-01-02T03:04:05.123Z');
  });

  test('the value of a choice; nothing inherited, and null for what is no scalar', () => {
    const row = { status: choice('active'), tenant: { slug: 'web' }, mtu: 0, empty: '' };
    expect(
      ['status', 'tenant', 'mtu', 'empty', 'constructor.name', 'tenant.slug.length'].map((path) =>
        valueAt(row, path),
      ),
    ).toEqual(['active', null, 0, undefined, undefined, undefined]);
  });

  test.each([
    ['ubuntu-24-04', 'debian'],
    ['Rocky-9', 'rhel'],
    ['fedora-coreos', 'coreos'],
    ['fedora-42', 'rhel'],
    ['our-own-linux', 'alpine'],
    ['plan-9', undefined],
    [undefined, undefined],
  ])('platform %s is of family %s', (platform, family) => {
    const osFamilies = [{ platform: 'our-own-*', family: 'alpine' }] as const;
    expect(osFamilyOf(platform, { osFamilies, defaultOsFamily: undefined })).toBe(family);
    expect(osFamilyOf(platform, { osFamilies, defaultOsFamily: 'other' })).toBe(family ?? 'other');
  });
});

test('whatever NetBox holds, a record is valid or set aside with readable words', () => {
  const hostile = fc.oneof(
    fc.jsonValue(),
    fc.string(),
    fc.constantFrom('x\nALL', '../x', '%wheel', '::ffff:1.2.3.4/96', '0.0.0.0/0', '192.0.2.10/24', ' '),
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...Object.keys(virtualMachine(1))), hostile),
      hostile,
      hostile,
      (machine, cidr, mac) => {
        const snapshot = map({
          machine: { ...machine, id: 1 },
          interfaces: [vmInterface(1, 1, { mac_address: mac, name: cidr })],
          addresses: [address(10, '', { address: cidr, status: mac })],
        });
        for (const { record } of snapshot.entries)
          expect(validators.instanceRecord(record).kind).toBe('valid');
        const shown = snapshot.quarantined.flatMap(({ locator, problems }) => [
          locator,
          ...problems.map(({ field }) => field),
        ]);
        for (const text of shown) expect(text).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
        expect(snapshot.entries.length + snapshot.quarantined.length).toBe(1);
      },
    ),
  );
});
