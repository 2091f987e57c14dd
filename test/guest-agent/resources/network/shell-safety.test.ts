import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PlanError } from '../../../../guest-agent/agent/plan/plan.ts';
import { assign, overlay } from '../../../../guest-agent/agent/resources/network/ifcfg/sysconfig-file.ts';
import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';
import { exampleNetwork, macs, networkCards } from './example-network.ts';
import { newMachine, planNetwork, textOf, treeOf } from './plan-network.ts';

type Network = GuestConfiguration['network'];

const backends = {
  networkd: {
    folder: '/etc/systemd/network',
    tree: {
      '/usr/lib/systemd/systemd-networkd': '',
      '/etc/systemd/system/multi-user.target.wants/systemd-networkd.service': '',
    },
    shape: /^(# Written by Ubugi\.|\[[A-Za-z0-9]+\]|[A-Za-z0-9]+=[A-Za-z0-9.:/+-]*|)$/,
  },
  'network-manager': {
    folder: '/etc/NetworkManager/system-connections',
    tree: {
      '/usr/sbin/NetworkManager': '',
      '/etc/systemd/system/multi-user.target.wants/NetworkManager.service': '',
    },
    shape: /^(# Written by Ubugi\.|\[[a-z0-9]+\]|[a-z0-9_-]+=[\w.:/,+-]*|)$/,
  },
  netplan: {
    folder: '/etc/netplan',
    tree: { '/usr/sbin/netplan': '', '/usr/libexec/netplan/generate': '' },
    shape:
      /^(# Written by Ubugi\.|network:| *(- )?([a-z0-9-]+|"[\w.-]+"):( "[\w.:/+-]+"| \d+| true| false)?| *- "[\w.:/-]+"|)$/,
  },
  ifupdown: {
    folder: '/etc/network/interfaces.d',
    tree: { '/usr/sbin/ifup': '', '/etc/network/interfaces': 'source interfaces.d/*\n' },
    shape:
      /^(# Written by Ubugi\.|auto [\w.-]+|iface [\w.-]+ inet6? [a-z]+| {4}(address|netmask|gateway|accept_ra) [0-9a-fA-F.:]+| {4}(pre-up|up|post-down) [\w ./:+-]+( > \/sys\/class\/net\/[\w.-]+\/bonding\/\w+)?( 2>\/dev\/null \|\| true| \|\| ip link add [\w .-]+)?|)$/,
  },
  wicked: {
    folder: '/etc/sysconfig/network',
    tree: {
      '/usr/sbin/wicked': '',
      '/etc/systemd/system/network.service': { link: '/usr/lib/systemd/system/wicked.service' },
    },
    shape:
      /^(# Written by Ubugi\.|[A-Z0-9_]+='[\w .:/=+-]*'|[0-9a-f.:/]+|default [0-9a-fA-F.:]+ - \w+|[\w.:/]+ [\w.:]+ - [\w.-]+( metric \d+)?|)$/,
  },
  ifcfg: {
    folder: '/etc/sysconfig/network-scripts',
    tree: { '/etc/sysconfig/network-scripts/ifup-eth': '' },
    shape:
      /^(# Written by Ubugi\.|[A-Z0-9_]+='[\w .:/=+-]*'|[\w.:/]+ via [\w.:]+ dev [\w.-]+( metric \d+)?|)$/,
  },
} as const;

/** Ways to bring a text into a network, each into another field. */
const carriers: readonly ((value: string) => Network)[] = [
  (value) => ({ interfaces: [{ mac: value }] }),
  (value) => ({ interfaces: [{ mac: macs[0], addresses: [value] }] }),
  (value) => ({ interfaces: [{ mac: macs[0], addresses: ['192.0.2.1/24', value] }] }),
  (value) => ({ interfaces: [{ mac: macs[0], addresses: ['192.0.2.1/24'], gateway4: value }] }),
  (value) => ({ interfaces: [{ mac: macs[0], addresses: ['2001:db8::1/64'], gateway6: value }] }),
  (value) => ({ interfaces: [{ mac: macs[0], routes: [{ to: value, via: '192.0.2.1' }] }] }),
  (value) => ({ interfaces: [{ mac: macs[0], routes: [{ to: '10.0.0.0/8', via: value }] }] }),
  (value) => ({ interfaces: [{ mac: macs[0], mtu: value as unknown as number }] }),
  (value) => ({ interfaces: [], bonds: [{ name: value, mode: 'active-backup', members: [macs[0]] }] }),
  (value) => ({ interfaces: [], bonds: [{ name: 'b', mode: value as 'active-backup', members: [macs[0]] }] }),
  (value) => ({ interfaces: [], bonds: [{ name: 'b', mode: 'active-backup', members: [value] }] }),
  (value) => ({
    interfaces: [],
    bonds: [{ name: 'b', mode: 'active-backup', members: [macs[0]], mac: value }],
  }),
  (value) => ({
    interfaces: [],
    bonds: [{ name: 'b', mode: '802.3ad', members: [macs[0]], lacpRate: value as 'slow' }],
  }),
  (value) => ({
    interfaces: [],
    bonds: [{ name: 'b', mode: '802.3ad', members: [macs[0]], xmitHashPolicy: value as 'layer2' }],
  }),
  (value) => ({ interfaces: [], vlans: [{ name: value, id: 4, link: macs[0] }] }),
  (value) => ({ interfaces: [], vlans: [{ name: 'v', id: value as unknown as number, link: macs[0] }] }),
  (value) => ({ interfaces: [], vlans: [{ name: 'v', id: 4, link: value }] }),
];

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'a\nb',
    "a'; touch x; '",
    '$(touch x)',
    '`touch x`',
    'a b',
    'a;touch x',
    '1.2.3.4\nup touch x',
    '1.2.3.4/24\\',
    '../../x',
    '::1 # c',
    'a|b',
    'a\0',
    'a\r',
    "1'",
    'lo',
    '',
  ),
);

describe.each(Object.entries(backends))('%s', (_, { folder, tree, shape }) => {
  test('no value adds a line, an option or a command', () => {
    const escaped = fc
      .sample(fc.tuple(fc.constantFrom(...carriers), hostile), 2000)
      .filter(([carry, value]) => {
        // A kernel name is no value of the CMDB, but every NIC has one here.
        const cards = { ...networkCards, [`/sys/class/net/x/address`]: value };
        try {
          const { plan, after } = planNetwork(carry(value), newMachine({ ...tree, ...cards }));
          const files = plan.owns.map((path) => textOf(after, path) ?? '');
          const inFolder = plan.steps.every(
            ({ kind, path }) => kind === 'folder' || (path.startsWith(`${folder}/`) && !path.includes('..')),
          );
          return !inFolder || !files.every((text) => text.split('\n').every((line) => shape.test(line)));
        } catch (error) {
          return !(error instanceof PlanError);
        }
      });
    expect(escaped.map(([, value]) => value)).toEqual([]);
  });

  test('nothing of it refers to the drive or to what is gone after a boot', () => {
    const { after } = planNetwork(exampleNetwork(), newMachine({ ...tree, ...networkCards }));
    const text = treeOf(after, folder);
    expect(text.length).toBeGreaterThan(500);
    expect(text).not.toMatch(/\/run\b|\/mnt|\/media|config-2|\/dev\/(?!null)|\/tmp|openstack|iso/i);
  });
});

describe('files that a shell reads', () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'ubugi-ifcfg-'));
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));

  test.each(['wicked', 'ifcfg'] as const)('%s: sh reads just the values', (name) => {
    const { folder, tree } = backends[name];
    const { plan, after } = planNetwork(exampleNetwork(), newMachine({ ...tree, ...networkCards }));
    const files = plan.owns.filter((path) => path.includes('/ifcfg-'));
    expect(files).toHaveLength(7);
    for (const path of files) {
      const text = textOf(after, path) ?? '';
      const file = join(scratch, path.slice(folder.length + 1));
      writeFileSync(file, text);
      execFileSync('sh', ['-n', file]);
      const read = execFileSync('env', ['-i', '/bin/sh', '-c', '. "$1"; set', 'sh', file], {
        encoding: 'utf8',
      });
      const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) expect(read.split('\n')).toContain(line);
    }
    expect(readdirSync(scratch)).toHaveLength(7);
  });

  test('an assignment is refused or read back as it was, and runs nothing', () => {
    const values = fc.sample(hostile, 500).flatMap((value) => {
      try {
        return [[value, assign('X', value)] as const];
      } catch (error) {
        if (error instanceof PlanError) return [];
        throw error;
      }
    });
    expect(values.length).toBeGreaterThan(5);
    const file = join(scratch, 'ifcfg');
    writeFileSync(file, values.map(([, line]) => `${line}\nprintf '%s\\n' "$X"\n`).join(''));
    expect(execFileSync('sh', [file], { cwd: scratch, encoding: 'utf8' })).toBe(
      values.map(([value]) => `${value}\n`).join(''),
    );
    expect(readdirSync(scratch)).toEqual(['ifcfg']);
  });

  test('what somebody else wrote comes back as it was, whatever it is', () => {
    const line = fc.stringMatching(/^[ -~]{0,20}$/);
    const foreign = fc.array(line, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(foreign, (lines) => {
        const text = `${lines.join('\n')}\n`;
        const once = overlay(text, ["A='b'"]);
        const outside = once.split('# begin ubugi\n')[0] ?? '';
        expect(overlay(once, ["A='b'"])).toBe(once);
        expect(overlay(once, [])).toBe(text);
        expect(outside.split('\n').filter((own) => !/^\s*(#.*)?$/.test(own))).toEqual([]);
      }),
    );
  });
});
