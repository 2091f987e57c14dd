import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { checkRecord } from '../../../server/inventory/checks/record-checks.ts';
import { defaultLimits } from '../../../server/inventory/http-json/limits.ts';
import { createEvaluator, type Evaluator } from '../../../server/inventory/http-json/mapping/evaluator.ts';
import { hostileValues } from '../../harness/hostile-values.ts';
import { openInventory } from '../../harness/http-json-inventory.ts';
import { instanceId } from '../../harness/inventory-file.ts';
import { type JsonCmdbServer, startJsonCmdb } from '../../harness/json-cmdb-server.ts';

const signal = new AbortController().signal;
const validators = createValidators();
const constant = { id: `'${instanceId(1)}'`, name: `'web-01'`, osFamily: `'debian'` };
let rows: unknown[] = [];
let server: JsonCmdbServer;
beforeAll(async () => {
  server = await startJsonCmdb(() => ({ value: rows }));
});
afterEach(() => {
  rows = [];
});
afterAll(() => server.close());

function inventory(mapping: Readonly<Record<string, string>>, limits = {}) {
  return openInventory(
    {
      name: 'cmdb',
      url: 'http://localhost/api',
      list: { path: 'vms', records: '' },
      key: '/key',
      mapping: { ...constant, ...mapping },
    },
    server.url,
    { kind: 'none' },
    limits,
  );
}

describe('an expression that would not end, or would eat all memory, is stopped, and the others go on', () => {
  test.each([
    ['recursion', '($f := function($n) { $f($n + 1) }; $f(1))'],
    ['recursion that grows', '($f := function($n) { 1 + $f($n + 1) }; $f(1))'],
    ['a text that doubles', '$reduce([1..60], function($p, $c) { $p & $p }, "abcdefgh")'],
    ['a list that doubles', '$reduce([1..60], function($p, $c) { $append($p, $p) }, [1])'],
    ['a range', '[1..9999999]'],
    ['padding', '$pad("", 400000000)'],
    ['a regular expression that backtracks', '$match(text, /^(a+)+$/)'],
    ['a result that is too large', '$pad("x", 300000)'],
    ['a result that is no data', 'function($x) { $x }'],
  ])('%s', async (_, bomb) => {
    rows = [
      { key: 1, id: instanceId(1), text: `${'a'.repeat(40)}!` },
      { key: 2, id: instanceId(2), text: 'b' },
    ];
    const { entries, quarantined } = await inventory(
      { id: 'id', owner: `key = 1 ? ${bomb} : 'alice'` },
      { expressionMs: 300, recordMs: 2_000 },
    ).fetchAll(signal);
    expect(entries.map(({ record }) => record.owner)).toEqual(['alice']);
    expect(quarantined).toHaveLength(1);
    expect(quarantined[0]?.problems[0]).toMatchObject({ source: 'cmdb', record: 'key 1' });
  });

  test('but not for every record there is', async () => {
    rows = [1, 2, 3].map((key) => ({ key, text: `${'a'.repeat(40)}!` }));
    const reading = inventory({ owner: '$match(text, /^(a+)+$/)' }, { recordMs: 200, mostEnds: 2 });
    await expect(reading.fetchAll(signal)).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining('more than 2 records for which the mapping takes too long'),
    });
  });

  test('a signal ends it', async () => {
    rows = [{ key: 1, text: `${'a'.repeat(40)}!` }];
    const reading = inventory({ owner: '$match(text, /^(a+)+$/)' }, { recordMs: 60_000 });
    await expect(reading.fetchAll(AbortSignal.timeout(500))).rejects.toMatchObject({
      code: 'inventory-unavailable',
      message: expect.stringContaining('was not read to its end'),
    });
  });
});

test('servers of the machine’s own are mapped, and checked like all else', async () => {
  const mapping = { dns: '{ "servers": dns, "search": ["example.org"] }', ntp: '{ "servers": ntp }' };
  rows = [{ key: 1, dns: ['192.0.2.53'], ntp: 'ntp.example.org' }];
  const { entries } = await inventory(mapping).fetchAll(signal);
  expect(entries.map(({ record }) => [record.dns, record.ntp])).toEqual([
    [{ servers: ['192.0.2.53'], search: ['example.org'] }, { servers: ['ntp.example.org'] }],
  ]);
  rows = [{ key: 1, dns: ['192.0.2.53'], ntp: 'ntp.example.org\nserver evil' }];
  const { quarantined } = await inventory(mapping).fetchAll(signal);
  expect(quarantined[0]?.problems[0]).toMatchObject({ field: 'ntp.servers.0' });
});

test('what an expression says itself is shown, and nothing else of the record', async () => {
  rows = [{ key: 1, secret: 'hunter2' }];
  const { quarantined } = await inventory({
    owner: '$assert(false, "owner is missing\n")',
    site: '$number(secret)',
  }).fetchAll(signal);
  expect(quarantined[0]?.id).toBe(instanceId(1));
  expect(quarantined[0]?.problems).toMatchObject([
    { field: 'owner', message: 'owner is missing\\u{a}' },
    { field: 'site', message: 'cannot be mapped (JSONata D3030)' },
  ]);
  expect(JSON.stringify(quarantined)).not.toContain('hunter2');
});

test.each([
  ['$eval(text)', 'uses $eval, which is not allowed'],
  ['($e := $eval; $e(text))', 'uses $eval, which is not allowed'],
  ['$now()', 'uses $now, which is not allowed'],
  ['[1, $map([2], function($x) { $random() })]', 'uses $random'],
  ['owner.(', 'is no JSONata (S0203 at character 7)'],
  ['('.repeat(5_000), ''],
])('an expression that cannot be used: %s', (expression, message) => {
  expect(() => inventory({ owner: expression })).toThrow(
    expect.objectContaining({
      code: 'configuration-invalid',
      message: expect.stringContaining(`/mapping/owner ${message}`),
    }),
  );
});

test('bonds and VLANs come as JSONata has them: one for a list of one, null for none', async () => {
  const links = {
    interfaces: '[{ "mac": "52:54:00:00:00:0A" }, { "mac": "52:54:00:00:00:02" }]',
    bonds:
      '{ "name": "bond0", "mode": mode, "members": ports.mac, "mac": null, "addresses": "192.0.2.10/24" }',
    vlans: 'vlans.{ "name": "bond0." & $string(id), "id": id, "link": "bond0" }',
  };
  const ports = [{ mac: '52:54:00:00:00:0A' }, { mac: '52:54:00:00:00:02' }];
  rows = [
    { key: 1, mode: 'active-backup', ports, vlans: [{ id: 40 }] },
    { key: 2, mode: 'active-backup', ports },
    { key: 3, mode: 'lacp', ports },
  ];
  const id = `'${instanceId(1).slice(0, -1)}' & $string(key)`;
  const { entries, quarantined } = await inventory({ ...links, id }).fetchAll(signal);
  expect(entries.map(({ record: { bonds, vlans } }) => ({ bonds, vlans }))).toEqual([
    {
      bonds: [
        {
          name: 'bond0',
          mode: 'active-backup',
          members: ['52:54:00:00:00:0a', '52:54:00:00:00:02'],
          addresses: ['192.0.2.10/24'],
        },
      ],
      vlans: [{ name: 'bond0.40', id: 40, link: 'bond0' }],
    },
    { bonds: [expect.anything()], vlans: undefined },
  ]);
  expect(quarantined[0]?.problems).toMatchObject([{ field: 'bonds.0.mode' }]);
});

describe('no result gets past the schema', () => {
  let evaluator: Evaluator;
  beforeAll(() => {
    const fields = ['id', 'name', 'osFamily', 'hostname', 'owner', 'tags', 'interfaces'];
    const mapping = Object.fromEntries(fields.map((field) => [field, `$.${field}`]));
    evaluator = createEvaluator({ ...constant, ...mapping }, defaultLimits, signal);
  });
  afterAll(() => evaluator.close());

  const anything = fc.oneof(
    fc.constantFrom(...Object.values(hostileValues), '__proto__', 'constructor', null, '', [], {}),
    fc.jsonValue({ maxDepth: 4 }),
    fc.record({ mac: fc.string(), addresses: fc.jsonValue() }),
  );
  const field = fc.constantFrom('id', 'name', 'osFamily', 'hostname', 'owner', 'tags', 'interfaces');

  test('whatever the CMDB gives for any field', async () => {
    const good = { id: instanceId(1), name: 'web-01', osFamily: 'debian' };
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, anything, { maxKeys: 3 }), async (more) => {
        const [result] = await evaluator.map([{ row: { ...good, ...more }, related: {} }]);
        const validated = validators.instanceRecord(result?.value);
        if (result?.problems.length !== 0 || validated.kind === 'invalid') return;
        if (checkRecord(validated.value).length > 0) return;
        const text = JSON.stringify(validated.value);
        for (const hostile of Object.values(hostileValues)) {
          expect(text).not.toContain(JSON.stringify(hostile));
        }
        expect(text).not.toMatch(/\\[nr]|__proto__/);
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test.each(Object.entries(hostileValues))('%s', async (_, hostile) => {
    for (const name of ['name', 'hostname', 'owner']) {
      const row = { id: instanceId(1), name: 'web-01', osFamily: 'debian', [name]: hostile };
      const [result] = await evaluator.map([{ row, related: {} }]);
      expect([name, validators.instanceRecord(result?.value).kind]).toEqual([name, 'invalid']);
    }
  });
});
