import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { judgeRecords } from '../../../server/inventory/checks/judge-records.ts';
import type { InventorySnapshot } from '../../../server/inventory/inventory.ts';
import { mapMachines } from '../../../server/inventory/netbox/machines/map-machines.ts';
import { defaultMapping, type NetboxMapping } from '../../../server/inventory/netbox/mapping.ts';
import { prefixesByNetwork } from '../../../server/inventory/netbox/reading/look-up.ts';
import {
  addressReader,
  interfaceReader,
  machineReader,
  prefixReader,
} from '../../../server/inventory/netbox/rows/rows.ts';
import { hostileValues } from '../../harness/hostile-values.ts';
import { ipAddress, virtualMachine, vmInterface } from '../../harness/netbox/netbox-objects.ts';
import { netboxSites } from '../../harness/netbox/netbox-sites.ts';

const validators = createValidators();
const sites = netboxSites();
afterEach(() => sites.close());

const mapping: NetboxMapping = {
  ...defaultMapping,
  dnsServers: [
    'vm.custom_fields.dns',
    'address.custom_fields.dns',
    'interface.custom_fields.dns',
    'vm.config_context.dns.servers',
    'prefix.custom_fields.dns',
  ],
  dnsSearch: ['vm.config_context.dns.search', 'prefix.custom_fields.search'],
  ntpServers: ['vm.config_context.ntp', 'prefix.custom_fields.ntp'],
};

interface Places {
  readonly vm?: unknown;
  readonly context?: unknown;
  readonly port?: unknown;
  readonly address?: unknown;
  readonly prefix?: unknown;
}

/** A machine with an interface of IPv4 and one of IPv6, both with a default route. */
function map({ vm = {}, context = {}, port = {}, address = {}, prefix = {} }: Places): InventorySnapshot {
  const defined = <T>(rows: readonly (T | undefined)[]): readonly T[] =>
    rows.filter((row) => row !== undefined);
  const machine = virtualMachine(1, {
    custom_fields: vm,
    config_context: context,
    primary_ip4: { id: 10 },
    primary_ip6: { id: 11 },
  });
  return judgeRecords(
    mapMachines(
      {
        machines: [machineReader(mapping)(machine)],
        interfaces: defined(
          [vmInterface(1, 1, { custom_fields: port }), vmInterface(2, 1)].map(interfaceReader(mapping)),
        ),
        addresses: defined(
          [
            ipAddress(10, 1, 1, { address: '192.0.2.10/24', custom_fields: address }),
            ipAddress(11, 2, 1, { address: '2001:db8::10/64' }),
          ].map(addressReader(mapping)),
        ),
        prefixes: prefixesByNetwork(
          defined(
            [
              { id: 1, prefix: '192.0.2.0/24', vrf: null, custom_fields: prefix },
              { id: 2, prefix: '2001:db8::/64', vrf: null, custom_fields: { ntp: '2001:db8::123' } },
            ].map(prefixReader(mapping)),
          ),
        ),
        creators: new Map(),
        changes: new Map(),
      },
      mapping,
    ),
    validators,
    'cmdb',
  );
}

describe('name and time servers', () => {
  test('are left out where nothing says them', () => {
    const [entry] = map({ prefix: { ntp: '192.0.2.123' } }).entries;
    expect(entry?.record).not.toHaveProperty('dns');
    expect(entry?.record.ntp).toEqual({ servers: ['192.0.2.123'] });
  });

  test.each([
    ['a list', ['192.0.2.53', '2001:db8::53'], ['192.0.2.53', '2001:db8::53']],
    ['a text with commas', '192.0.2.53, 192.0.2.54,192.0.2.53', ['192.0.2.53', '192.0.2.54']],
    ['a text with blanks', ' 192.0.2.53  192.0.2.54\t', ['192.0.2.53', '192.0.2.54']],
    ['a choice', { value: '192.0.2.53', label: 'first' }, ['192.0.2.53']],
  ])('%s', (_, dns, servers) => {
    expect(map({ vm: { dns } }).entries[0]?.record.dns).toEqual({ servers });
    expect(map({ prefix: { dns } }).entries[0]?.record.dns).toEqual({ servers });
  });

  test('from the first place of the mapping that has any', () => {
    const at = (number: number): { readonly dns: string } => ({ dns: `192.0.2.${number}` });
    const all: Places = {
      vm: at(51),
      address: at(52),
      port: at(53),
      context: { dns: { servers: ['192.0.2.54'], search: ['example.net'] } },
      prefix: at(55),
    };
    const first = (places: Places): unknown => map(places).entries[0]?.record.dns?.servers;
    expect(first(all)).toEqual(['192.0.2.51']);
    expect(first({ ...all, vm: { dns: '' } })).toEqual(['192.0.2.52']);
    expect(first({ ...all, vm: {}, address: { dns: [] } })).toEqual(['192.0.2.53']);
    expect(first({ ...all, vm: {}, address: {}, port: { dns: null } })).toEqual(['192.0.2.54']);
    expect(first({ prefix: at(55) })).toEqual(['192.0.2.55']);
    expect(map(all).entries[0]?.record.dns?.search).toEqual(['example.net']);
  });

  test('of IPv4 before those of IPv6', () => {
    expect(map({}).entries[0]?.record.ntp).toEqual({ servers: ['2001:db8::123'] });
    expect(map({ prefix: { ntp: 'ntp.example.net' } }).entries[0]?.record.ntp).toEqual({
      servers: ['ntp.example.net'],
    });
  });

  test('one that is none sets the record aside, and says where it may stand', () => {
    const places = { context: { dns: { servers: ['192.0.2.53', 'x;y'] }, ntp: [{ server: 'x' }] } };
    expect(map(places).quarantined[0]?.problems.map(({ field }) => field)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^vm\.custom_fields\.dns or address\.custom_fields\.dns or /),
        'vm.config_context.ntp or prefix.custom_fields.ntp',
      ]),
    );
  });

  test('a line break is never a separator', () => {
    for (const ntp of ['ntp.example.net\nserver evil.example.net', '192.0.2.1\r\nallow', ['ntp1\nallow']]) {
      expect(map({ context: { ntp } }).quarantined).toHaveLength(1);
    }
  });

  test('no value gets through that the schema does not allow', () => {
    const hostile = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(...Object.values(hostileValues)),
      fc.array(fc.string()),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (dns, search, ntp) => {
        const { entries, quarantined } = map({
          vm: { dns },
          context: { dns: { search }, ntp },
        });
        expect(entries.length + quarantined.length).toBe(1);
        for (const { record } of entries) expect(validators.instanceRecord(record).kind).toBe('valid');
      }),
    );
  });
});

test('a config context and a prefix of NetBox', async () => {
  const { inventory, server } = await sites.start(2, {
    mapping: {
      dnsServers: ['prefix.custom_fields.dns'],
      dnsSearch: ['vm.config_context.dns.search'],
      ntpServers: ['vm.config_context.ntp'],
    },
  });
  const editor = server.as('bea');
  editor.create('ipam/prefixes/', {
    prefix: '10.0.0.0/8',
    vrf: null,
    custom_fields: { dns: '10.0.0.53 10.0.0.54' },
  });
  editor.create('extras/config-contexts/', {
    data: { dns: { search: ['berlin.example.net'] }, ntp: ['ntp.berlin.example.net'] },
    sites: [{ id: 1 }],
  });
  editor.create('extras/config-contexts/', { data: { ntp: ['ntp.paris.example.net'] }, sites: [{ id: 2 }] });
  const { entries } = await inventory.fetchAll(new AbortController().signal);
  expect(entries[0]?.record).toMatchObject({
    dns: { servers: ['10.0.0.53', '10.0.0.54'], search: ['berlin.example.net'] },
    ntp: { servers: ['ntp.berlin.example.net'] },
  });
});
