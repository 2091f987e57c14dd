import { randomBytes } from 'node:crypto';
import { assert, integer, nat, property, uuid } from 'fast-check';
import { expect, it } from 'vitest';
import type { InstanceId } from '../../server/domain/identifiers.ts';
import { createReportTokens } from '../../server/reports/report-tokens.ts';

const key = randomBytes(32);
const tokens = createReportTokens(key);
const ticket = { instance: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a01' as InstanceId, generation: 3, counter: 0 };

it('what was issued is recognised, and always is the same', () => {
  const tickets = property(
    uuid(),
    integer({ min: 1, max: 2 ** 31 - 1 }),
    nat(),
    (id, generation, counter) => {
      const one = { instance: id as InstanceId, generation, counter };
      const token = tokens.issue(one);
      expect(token).toMatch(/^ubugi-report\.[\w.-]{80,120}$/);
      expect(tokens.recognise(token)).toEqual(one);
      expect(createReportTokens(key).issue(one)).toBe(token);
    },
  );
  assert(tickets);
});

it('nothing else is: no other field, key, length or alphabet', () => {
  const token = tokens.issue(ticket);
  const mac = token.split('.').at(-1) ?? '';
  const foreign = [
    token.replace('.3.', '.4.'),
    token.replace('.0.', '.1.'),
    token.replace('4a01', '4a02'),
    token.replace('.3.', '.03.'),
    token.toUpperCase(),
    token.slice(0, -1),
    `${token}A`,
    `${token}\n`,
    token.replace(mac, 'A'.repeat(43)),
    createReportTokens(randomBytes(32)).issue(ticket),
    '',
    'ubugi-report.',
  ];
  for (const text of foreign) expect(tokens.recognise(text)).toBeUndefined();
});
