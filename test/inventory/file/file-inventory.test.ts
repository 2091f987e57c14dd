import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { createFileInventory } from '../../../server/inventory/file/file-inventory.ts';
import { defaultReadingLimits } from '../../../server/inventory/file/raw-record.ts';
import {
  type InventoryFolder,
  instanceId,
  instanceRecord,
  makeInventoryFolder,
} from '../../harness/inventory-file.ts';

const signal = new AbortController().signal;
let folder: InventoryFolder;

beforeAll(async () => {
  folder = await makeInventoryFolder();
});
afterAll(() => folder.remove());

describe('the three formats say the same', () => {
  const expected = {
    id: instanceId(1),
    name: 'web-01',
    hostname: 'web-01',
    project: 'web',
    createdAt: '2026-01-02T03:04:05Z',
    osFamily: 'debian',
    tags: ['a', 'b'],
    interfaces: [
      {
        name: 'eth0',
        mac: '52:54:00:12:34:56',
        addresses: ['192.0.2.10/24', '2001:db8::10/64'],
        gateway4: '192.0.2.1',
        mtu: 9000,
      },
      { name: 'eth1', mac: '52:54:00:12:34:57', dhcp4: true, dhcp6: false },
    ],
  };

  test('CSV', async () => {
    const { entries, quarantined } = await folder.read(
      'a.csv',
      [
        '\ufeffid,name,hostname,project,createdAt,osFamily,tags,interface,mac,addresses,gateway4,mtu,dhcp4,dhcp6',
        `${instanceId(1).toUpperCase()},web-01,web-01,web,2026-01-02T03:04:05Z,debian,a;b,eth0,52:54:00:12:34:56,192.0.2.10/24 2001:db8::10/64,192.0.2.1,9000,,`,
        '',
        `${instanceId(1)},,,,,,,eth1,52:54:00:12:34:57,,,,true,false`,
        '',
      ].join('\r\n'),
    );
    expect(quarantined).toEqual([]);
    expect(entries).toEqual([{ record: expected, locator: 'a.csv line 2 (web-01)' }]);
  });

  test('JSON, as a list and as an object', async () => {
    const list = JSON.stringify([expected], undefined, 2);
    expect((await folder.read('a.json', list)).entries).toEqual([
      { record: expected, locator: 'a.json line 2 (web-01)' },
    ]);
    expect((await folder.read('b.json', `{ "instances": ${list} }\n`)).entries).toHaveLength(1);
    expect((await folder.read('c.json', '[]')).entries).toEqual([]);
  });

  test('bonds and VLANs in JSON and YAML, MAC addresses in any case', async () => {
    const [one, two] = ['52:54:00:00:00:0a', '52:54:00:00:00:0b'];
    const links = (cased: (mac: string) => string) => ({
      ...expected,
      interfaces: [{ mac: cased(one) }, { mac: cased(two) }],
      bonds: [{ name: 'bond0', mode: 'active-backup', members: [cased(one)], mac: cased(one) }],
      vlans: [
        { name: 'bond0.40', id: 40, link: 'bond0' },
        { name: 'port.7', id: 7, link: cased(two) },
      ],
    });
    const text = JSON.stringify([links((mac) => mac.toUpperCase())]);
    for (const file of ['links.json', 'links.yaml']) {
      const { entries, quarantined } = await folder.read(file, text);
      expect(quarantined).toEqual([]);
      expect(entries.map(({ record }) => record)).toEqual([links((mac) => mac)]);
    }
    const broken = { ...links((mac) => mac), vlans: [{ name: 'bond1.40', id: 40, link: 'bond1' }] };
    expect((await folder.read('broken.json', JSON.stringify([broken]))).quarantined[0]?.problems).toEqual([
      {
        source: 'cmdb',
        record: 'broken.json line 1 (web-01)',
        field: 'vlans.0.link',
        message: 'is neither an interface nor a bond of the machine',
        remedy: 'give the MAC address of an interface, or the name of a bond',
      },
    ]);
  });

  test('YAML, as a list and as a map', async () => {
    const yaml = `# machines\n- ${JSON.stringify(expected)}\n`;
    expect((await folder.read('a.yaml', yaml)).entries).toEqual([
      { record: expected, locator: 'a.yaml line 2 (web-01)' },
    ]);
    expect((await folder.read('a.yml', `instances:\n  ${yaml.split('\n')[1]}\n`)).entries).toHaveLength(1);
  });
});

describe('a record that is wrong is set aside, and the others go on', () => {
  test('with line, name, field and remedy', async () => {
    const { names, quarantined } = await folder.read(
      'a.json',
      JSON.stringify([instanceRecord(1, { osFamily: 'plan9' }), instanceRecord(2)], undefined, 1),
    );
    expect(names).toEqual(['web-02']);
    expect(quarantined).toEqual([
      {
        id: instanceId(1),
        locator: 'a.json line 2 (web-01)',
        problems: [
          {
            source: 'cmdb',
            record: 'a.json line 2 (web-01)',
            field: 'osFamily',
            message: 'is not one of the allowed values',
            remedy: expect.stringContaining('debian'),
          },
        ],
      },
    ]);
  });

  test('a record with fields that do not exist, or without those that must', async () => {
    const { names, problems } = await folder.read(
      'a.json',
      JSON.stringify([
        { ...instanceRecord(1), gatewy: 'x' },
        { id: instanceId(2) },
        7,
        null,
        instanceRecord(3),
      ]),
    );
    expect(names).toEqual(['web-03']);
    expect(problems.map(({ field }) => field)).toContain('gatewy');
    expect(problems.map(({ message }) => message)).toContain('misses the field `name`');
  });

  test('two records of one machine are both in doubt, also if one of them is wrong', async () => {
    const list = [
      instanceRecord(1),
      instanceRecord(2),
      { ...instanceRecord(1), name: 'web-99' },
      { ...instanceRecord(2), osFamily: 'x' },
      instanceRecord(3),
    ];
    const { names, quarantined } = await folder.read('a.json', JSON.stringify(list, undefined, 1));
    expect(names).toEqual(['web-03']);
    expect(quarantined.map(({ problems }) => problems[0])).toEqual([
      expect.objectContaining({
        field: 'id',
        message: expect.stringMatching(/^is also that of a\.json line \d+ \(web-99\)$/),
      }),
      expect.objectContaining({ field: 'id' }),
      expect.objectContaining({ field: 'id', message: expect.stringContaining('(web-01)') }),
      expect.objectContaining({ field: 'id' }),
    ]);
  });

  test('names may be the same: only the UUID tells machines apart', async () => {
    const list = [instanceRecord(1), { ...instanceRecord(2), name: 'web-01', hostname: 'web-01' }];
    expect((await folder.read('a.json', JSON.stringify(list))).names).toEqual(['web-01', 'web-01']);
  });

  test('a CSV row with too few cells, and a further row that has a name', async () => {
    const header = 'id,name,osFamily,mac';
    const { names, problems } = await folder.read(
      'a.csv',
      `${header}\n${instanceId(1)},web-01,debian\n${instanceId(2)},web-02,debian,52:54:00:00:00:01\n${instanceId(2)},web-02,debian,52:54:00:00:00:02\n${instanceId(3)},web-03,debian,\n${instanceId(4)},,,52:54:00:00:00:04\n`,
    );
    expect(names).toEqual(['web-03']);
    expect(problems.map(({ record: locator, field }) => `${locator}: ${field}`)).toEqual([
      'a.csv line 3 (web-02): id',
      'a.csv line 4 (web-02): id',
      'a.csv line 2 (web-01): record',
      'a.csv line 6: record',
      'a.csv line 6: record',
    ]);
  });

  test('a CSV cell over several lines does not shift the lines of the others', async () => {
    const { problems } = await folder.read(
      'a.csv',
      `id,name,osFamily\n${instanceId(1)},"web\n\n01",debian\n${instanceId(2)},web 02,debian\n`,
    );
    expect(problems.map(({ record: locator }) => locator)).toEqual([
      'a.csv line 2 (web\\u{a}\\u{a}01)',
      'a.csv line 5 (web 02)',
    ]);
  });
});

describe('a file that cannot be parsed fails as a whole, naming the line', () => {
  test.each([
    ['a.json', '[\n{"id": }\n]', 'line 2: is not JSON'],
    ['a.json', '[{"a": "b', 'line 1: the file ends too early'],
    ['a.json', '[{"a": "\\x"}]', 'line 1: is not JSON'],
    ['a.json', '[1,]', 'line 1: has a comma without a record'],
    ['a.json', '[,1]', 'line 1: has a comma without a record'],
    ['a.json', '{"instances": 7}', 'does not begin with `instances`'],
    ['a.json', '{"instances": []', 'ends too early'],
    ['a.json', '{"instances": []]', 'there is more after the end'],
    ['a.json', '[] []', 'there is more after the end'],
    ['a.json', '{"machines": []}', 'does not begin with `instances`'],
    ['a.json', '{"instances": [], "instances": []}', 'has more keys than `instances`'],
    ['a.json', '"x"', 'neither a list nor an object'],
    ['a.json', '', 'neither a list nor an object'],
    ['a.json', '[01]', 'is not JSON'],
    ['a.json', '['.repeat(100_000), 'deeper than 16 levels'],
    ['a.yaml', 'a: b: c\n', 'line 1: is not YAML'],
    ['a.yaml', '- a\n--- \n- b\n', 'line 2: starts a second document'],
    ['a.yaml', 'machines: []\n', 'other keys than `instances`'],
    ['a.yaml', 'instances: []\ninstances: []\n', 'line 2: stands twice in the same mapping'],
    ['a.yaml', '', 'not a list of records'],
    ['a.yaml', '['.repeat(20_000), 'is nested more than 18 levels deep'],
    ['a.csv', '', 'line 1: is empty'],
    ['a.csv', 'id,name,osFamily,gatway4\n', 'line 1: `gatway4` is not a known column'],
    ['a.csv', 'id,name,osFamily,name\n', 'a column stands there twice'],
    ['a.csv', 'id,name\n', 'misses the column `osFamily`'],
    ['a.csv', 'id,name,osFamily\n\n1,"a"b,c\n', 'line 3: is not CSV'],
    ['a.csv', 'id,name,osFamily\n1,"a', 'is not CSV'],
    ['a.txt', '', 'is none of .csv, .json, .yaml, .yml'],
  ])('%s, case %#', async (file, content, message) => {
    const reading = (await folder.inventory(file, content)).fetchAll(signal);
    await expect(reading).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining(message),
    });
  });

  test('bytes that are not UTF-8', async () => {
    const reading = (await folder.inventory('a.json', Buffer.from('[\n"\xff"]', 'latin1'))).fetchAll(signal);
    await expect(reading).rejects.toThrow('line 2: is not UTF-8');
  });

  test('bounds of size and number', async () => {
    const small = { ...defaultReadingLimits, bytes: 100, records: 2 };
    for (const [file, content] of [
      ['a.json', '[1,2,3]'],
      ['a.yaml', '[1,2,3]'],
      ['a.csv', `id,name,osFamily\n1,2,3\n2,2,3\n3,2,3`],
    ] as const) {
      await expect((await folder.inventory(file, content, small)).fetchAll(signal)).rejects.toThrow(
        'more than 2 ',
      );
    }
    const large = await folder.inventory('a.json', `[${' '.repeat(100)}]`, small);
    await expect(large.fetchAll(signal)).rejects.toThrow('is larger than 100 bytes');
  });

  test('a file that is not there, a folder, a FIFO, and a reading that is stopped', async () => {
    const at = (path: string, by = signal) =>
      createFileInventory({ name: 'cmdb', path, validators: createValidators() }).fetchAll(by);
    await expect(at(join(folder.path, 'none.json'))).rejects.toThrow('cannot be read (ENOENT)');
    const fifo = join(folder.path, 'fifo.json');
    execFileSync('mkfifo', [fifo]);
    await expect(at(fifo)).rejects.toThrow('is not a regular file');
    await folder.inventory('a.json', '[]');
    await expect(at(join(folder.path, 'a.json'), AbortSignal.abort())).rejects.toMatchObject({
      code: 'inventory-unavailable',
    });
  });
});

test('fetchNamed gives just the machine of that name, and none that shares its UUID', async () => {
  const one = await folder.inventory(
    'a.json',
    JSON.stringify([
      instanceRecord(1),
      instanceRecord(2),
      instanceRecord(3, { osFamily: 'x' }),
      { ...instanceRecord(2), name: 'other' },
    ]),
  );
  const named = async (name: string) => {
    const { entries, quarantined } = await one.fetchNamed(name, signal);
    return [entries.map(({ record: { id } }) => id), quarantined.map(({ id }) => id)];
  };
  expect(await named('web-01')).toEqual([[instanceId(1)], []]);
  expect(await named('web-02')).toEqual([[], [instanceId(2), instanceId(2)]]);
  expect(await named('web-03')).toEqual([[], [instanceId(3)]]);
  expect(await named('web-09')).toEqual([[], []]);
});

test('fetch gives just the machines asked for', async () => {
  const one = await folder.inventory(
    'a.json',
    JSON.stringify([instanceRecord(1), instanceRecord(2, { osFamily: 'x' }), instanceRecord(3)]),
  );
  const { entries, quarantined } = await one.fetch(
    [instanceId(1).toUpperCase(), instanceId(2), instanceId(9)],
    signal,
  );
  expect(entries.map(({ record: { name } }) => name)).toEqual(['web-01']);
  expect(quarantined.map(({ id: of }) => of)).toEqual([instanceId(2)]);
});
