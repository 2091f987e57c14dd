import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostileValues } from '../../harness/hostile-values.ts';
import {
  type InventoryFolder,
  instanceId,
  instanceRecord,
  makeInventoryFolder,
} from '../../harness/inventory-file.ts';

let folder: InventoryFolder;

beforeAll(async () => {
  folder = await makeInventoryFolder();
});
afterAll(() => folder.remove());

describe('hostile values', () => {
  const columns =
    'id,name,hostname,domain,project,owner,creator,createdAt,site,availabilityZone,osFamily,hypervisor,tags,userData,interface,mac,mtu,addresses,gateway4,gateway6,dhcp4,dhcp6'.split(
      ',',
    );
  const cells: Readonly<Record<string, string>> = {
    name: 'web-01',
    osFamily: 'debian',
    mac: '52:54:00:00:00:01',
    addresses: '192.0.2.10/24',
  };
  const row = (values: Readonly<Record<string, string>>): string =>
    columns.map((column) => `"${(values[column] ?? '').replaceAll('"', '""')}"`).join(',');
  /** Bytes of any length are what user-data is. */
  const harmless = new Set(['userData 10 kB']);

  test.each(columns)('in the CSV column %s', async (column) => {
    const rows = Object.values(hostileValues).map((value, index) =>
      row({ ...cells, id: instanceId(index + 1), [column]: value }),
    );
    const good = row({ ...cells, id: instanceId(999), name: 'good-one' });
    const { names, quarantined } = await folder.read(
      'hostile.csv',
      `${columns.join(',')}\n${rows.join('\n')}\n${good}\n`,
    );
    const expected = Object.keys(hostileValues).filter((kind) => !harmless.has(`${column} ${kind}`));
    expect(names.at(-1)).toBe('good-one');
    expect(quarantined).toHaveLength(expected.length);
    for (const { problems, locator } of quarantined) {
      expect(problems.map(({ field }) => field)).toContain(column);
      expect(locator.length).toBeLessThan(300);
      for (const problem of problems) {
        expect(problem.remedy).not.toBe('');
        expect(Object.values(problem).join('')).not.toMatch(/[\n\r\0\u202e\u200b\u001b]/);
      }
    }
  });

  test.each(['json', 'yaml'])('in every field of %s, keys included', async (extension) => {
    const fields = ['id', 'name', 'hostname', 'domain', 'osFamily', 'createdAt', 'userData'];
    const spoilt = fields.flatMap((field) =>
      Object.entries(hostileValues)
        .filter(([kind]) => !harmless.has(`${field} ${kind}`))
        .map(([, value]) => ({ ...instanceRecord(1), id: undefined, [field]: value })),
    );
    const keys = Object.values(hostileValues).map((key) => ({ ...instanceRecord(1), [key]: 'x' }));
    const { names, quarantined } = await folder.read(
      `hostile.${extension}`,
      JSON.stringify([...spoilt, ...keys, instanceRecord(2)]),
    );
    expect(names).toEqual(['web-02']);
    expect(quarantined).toHaveLength(spoilt.length + keys.length);
    expect(
      quarantined
        .flatMap(({ problems }) => problems.map((problem) => Object.values(problem).join('')))
        .join(''),
    ).not.toMatch(/[\n\r\0\u202e\u200b\u001b]/);
  });

  test.each([
    ['a repeated key', '"name": "web-01", "name": "root"', 'name', 'stands twice in the same'],
    ['__proto__', '"__proto__": {"osFamily": "debian"}', '__proto__', 'is not allowed as a key'],
    ['a large integer', '"hostname": 9007199254740993', 'hostname', 'be kept exactly'],
  ])('%s', async (_name, text, field, message) => {
    const spoilt = `{"id": "${instanceId(1)}", "osFamily": "debian", "tags": [], "interfaces": [], ${text}}`;
    for (const extension of ['json', 'yaml']) {
      const { names, quarantined } = await folder.read(
        `a.${extension}`,
        `[${spoilt},\n${JSON.stringify(instanceRecord(2))}]`,
      );
      expect(names).toEqual(['web-02']);
      expect(quarantined).toMatchObject([
        { id: instanceId(1), problems: [{ field, message: expect.stringContaining(message) }] },
      ]);
    }
  });

  test('YAML merge keys, bytes, and keys that are no texts', async () => {
    const good = JSON.stringify(instanceRecord(2));
    const start = `- id: ${instanceId(1)}\n  osFamily: debian\n  tags: []\n  interfaces: []\n`;
    for (const line of ['  ? [a]\n  : b', '  <<: {name: web-01}', '  name: !!binary aGk=']) {
      const { names, problems } = await folder.read('a.yaml', `${start}${line}\n- ${good}\n`);
      expect([line, names]).toEqual([line, ['web-02']]);
      expect(problems.length).toBeGreaterThan(0);
    }
  });

  test('YAML aliases are followed, one record a time', async () => {
    const text = [1, 2].map((number) => {
      const interfaces = number === 1 ? '&none []' : '*none';
      return `- {id: ${instanceId(number)}, name: web-${number}, osFamily: debian, tags: [], interfaces: ${interfaces}}\n`;
    });
    expect((await folder.read('a.yaml', text.join(''))).names).toEqual(['web-1', 'web-2']);
  });

  test('YAML tags fail the file, on their line', async () => {
    for (const value of ['!shell id', '!!js/function x']) {
      const text = `- ${JSON.stringify(instanceRecord(2))}\n- name: ${value}\n`;
      await expect(folder.read('a.yaml', text)).rejects.toThrow('a.yaml line 2: is not YAML');
    }
  });

  test('an alias bomb is no work, and no part of the file counts', async () => {
    const levels = Array.from(
      { length: 30 },
      (_, index) => `- &l${index + 1} [${`*l${index},`.repeat(9)}]`,
    ).join('\n');
    await expect(folder.read('a.yaml', `- &l0 [x]\n${levels}\n`)).rejects.toThrow(
      'use fewer or smaller aliases',
    );
  });

  test('a record that is larger than any, and a list that is longer', async () => {
    const huge = JSON.stringify([instanceRecord(1, { userData: 'x'.repeat(2_000_000) })]);
    await expect(folder.read('a.json', huge)).rejects.toThrow('line 1: starts a record of more than');
    await expect(folder.read('a.csv', `id,name,osFamily\n1,"${'x'.repeat(2_000_000)}`)).rejects.toThrow(
      'line 2: is not CSV (a row does not end)',
    );
    for (const extension of ['json', 'yaml']) {
      const tags = Array.from({ length: 5000 }, () => 0);
      const { problems } = await folder.read(`a.${extension}`, JSON.stringify([instanceRecord(1, { tags })]));
      expect(problems).toMatchObject([{ field: 'tags', message: 'has more than 1024 entries' }]);
    }
  });
});
