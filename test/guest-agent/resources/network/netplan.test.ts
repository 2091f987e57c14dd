import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { yamlKey, yamlLines } from '../../../../guest-agent/agent/resources/network/netplan/yaml.ts';
import { exampleNetwork, macs, networkCards } from './example-network.ts';
import { commandsOf, newMachine, planNetwork, textOf, treeOf } from './plan-network.ts';

const path = '/etc/netplan/90-ubugi.yaml';
const tree = {
  '/usr/sbin/netplan': '',
  '/usr/libexec/netplan/generate': '',
  '/etc/systemd/system/multi-user.target.wants/systemd-networkd.service': '',
  '/usr/lib/systemd/systemd-networkd': '',
  ...networkCards,
};
const manager = {
  '/usr/sbin/NetworkManager': '',
  '/etc/systemd/system/multi-user.target.wants/NetworkManager.service': '',
};

describe('netplan', () => {
  test('golden tree, which another reader of YAML understands', async () => {
    const { plan, after } = planNetwork(exampleNetwork(), newMachine(tree));
    expect(plan).toMatchObject({ problems: [], owns: [path] });
    await expect(treeOf(after, '/etc/netplan')).toMatchFileSnapshot('golden/netplan.txt');
    expect(parse(textOf(after, path) ?? '')).toMatchObject({
      network: {
        ethernets: { '0-ubugi-525400123453': { match: { macaddress: macs[0] }, 'set-name': 'ens3' } },
        bonds: { bond0: { interfaces: ['0-ubugi-525400123455', '0-ubugi-525400123456'] } },
        vlans: { 'ens3.40': { id: 40, link: '0-ubugi-525400123453' }, storage: { link: 'bond0' } },
      },
    });
  });

  test('golden tree where NetworkManager carries it out', async () => {
    const { after } = planNetwork(
      exampleNetwork(),
      newMachine({
        ...tree,
        ...manager,
        '/etc/netplan/01-network-manager-all.yaml': 'network: {version: 2, renderer: NetworkManager}\n',
      }),
    );
    await expect(textOf(after, path)).toMatchFileSnapshot('golden/netplan-network-manager.txt');
  });

  test('a second plan has nothing to do, and with nothing wanted all of ours goes', () => {
    const first = planNetwork(exampleNetwork(), newMachine(tree));
    const second = planNetwork(exampleNetwork(), first.after);
    expect(second.plan).toMatchObject({ steps: [], checks: [], live: [], changes: [] });
    expect(planNetwork({ interfaces: [] }, second.after).after).toEqual(newMachine(tree));
  });

  test('the generator reads all files as they would be, in their order', () => {
    const { plan } = planNetwork(
      exampleNetwork(),
      newMachine({
        ...tree,
        '/lib/netplan/50-x.yaml': 'hidden',
        '/etc/netplan/50-x.yaml': 'shown',
        '/etc/netplan/99-y.yaml': 'later',
        '/etc/netplan/50-x.yaml.bak': 'nothing',
        [path]: 'old',
      }),
    );
    const [check] = plan.checks;
    expect(check?.stage('/s').map(({ name, text }) => [name, text.split('\n')[0]])).toEqual([
      ['50-x.yaml', 'shown'],
      ['90-ubugi.yaml', '# Written by Ubugi.'],
      ['99-y.yaml', 'later'],
    ]);
    expect(check?.argv('/s').join(' ')).toBe(
      '/usr/libexec/netplan/generate --root-dir /s /s/50-x.yaml /s/90-ubugi.yaml /s/99-y.yaml',
    );
  });

  test.each([
    'network:\n  bonds:\n    bond0:\n      addresses: [10.9.9.9/24]\n',
    'network: {bonds: {"bond0": {}}}\n',
  ])('a bond that another file defines is refused, since lists would be joined', (text) => {
    const files = { ...tree, '/etc/netplan/50-cloud-init.yaml': text };
    expect(() => planNetwork(exampleNetwork(), newMachine(files))).toThrow(
      "netplan's 50-cloud-init.yaml already defines bond0: remove it there",
    );
    const harmless = text.replaceAll(/^/gm, '# ');
    const next = { ...tree, '/etc/netplan/50-cloud-init.yaml': harmless };
    expect(planNetwork(exampleNetwork(), newMachine(next)).plan.problems).toEqual([]);
  });

  test('before a network service starts its files are enough, later it is told', () => {
    expect(commandsOf(planNetwork(exampleNetwork(), newMachine(tree)).plan)).toEqual([
      '/usr/libexec/netplan/generate',
    ]);
    const running = { ...tree, '/run/systemd/netif/state': '' };
    const first = planNetwork(exampleNetwork(), newMachine(running));
    expect(commandsOf(first.plan)).toEqual(['/usr/sbin/netplan apply']);
    expect(commandsOf(planNetwork({ interfaces: [] }, first.after).plan)).toEqual([
      '/usr/sbin/netplan apply',
    ]);
  });

  test.each([
    ['NetworkManager alone', { ...manager, '/etc/systemd/system/x': '' }, false, true],
    ['NetworkManager beside networkd', manager, true, false],
    ['networkd alone', {}, true, false],
  ])('%s', (_, more, networkd, expected) => {
    const { '/etc/systemd/system/multi-user.target.wants/systemd-networkd.service': on, ...rest } = tree;
    const enabled = '/etc/systemd/system/multi-user.target.wants/systemd-networkd.service';
    const files = { ...rest, ...(networkd ? { [enabled]: on } : {}), ...more };
    const { after } = planNetwork({ interfaces: [{ mac: macs[0] }] }, newMachine(files));
    expect(textOf(after, path)?.includes('renderer: "NetworkManager"')).toBe(expected);
  });

  test('installed beside an ifupdown that has the NICs it stays out of the way, unless it has files', () => {
    const ifupdown = {
      ...networkCards,
      '/usr/sbin/netplan': '',
      '/usr/libexec/netplan/generate': '',
      '/usr/sbin/ifup': '',
      '/etc/network/interfaces': 'source interfaces.d/*\niface ens3 inet dhcp\n',
    };
    const owns = (files: typeof ifupdown): readonly string[] =>
      planNetwork({ interfaces: [{ mac: macs[0] }] }, newMachine(files)).plan.owns;
    expect(owns(ifupdown)).toEqual(['/etc/network/interfaces.d/ubugi']);
    const used = { ...ifupdown, '/etc/netplan/50-cloud-init.yaml': 'network: {version: 2}\n' };
    expect(owns(used)).toEqual([path]);
  });
});

test('YAML: keys and texts that older versions take for something else are read back as texts', () => {
  const texts = [
    'on',
    'no',
    '~',
    '1e3',
    '0x1f',
    '52:54',
    '12:30:45',
    'a: b',
    '- a',
    '# a',
    "'",
    '"',
    '\\',
    '\t',
  ];
  const mapping = {
    [yamlKey('no')]: Object.fromEntries(texts.map((text) => [yamlKey(text), text])),
    list: [...texts, 1, true, { to: 'x', metric: 0 }],
  };
  for (const version of ['1.1', '1.2'] as const) {
    expect(parse(`${yamlLines(mapping).join('\n')}\n`, { version })).toEqual({
      no: Object.fromEntries(texts.map((text) => [text, text])),
      list: mapping.list,
    });
  }
});
