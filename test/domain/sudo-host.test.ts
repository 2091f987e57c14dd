import { expect, test } from 'vitest';
import { createSudoHostMatcher, sudoHostSubject } from '../../server/domain/sudo-host.ts';

const subject = sudoHostSubject('web-01', 'web-01.example.com', ['192.0.2.10/24', '2001:db8::10/64']);

test.each([
  [['ALL'], true],
  [[], false],
  [['web-01'], true],
  [['WEB-01.Example.com'], true],
  [['web-*'], true],
  [['web-0?'], true],
  [['web-02'], false],
  [['192.0.2.10'], true],
  [['192.0.2.11'], false],
  [['192.0.2.0/24'], true],
  [['192.0.2.0/255.255.255.0'], true],
  [['192.0.3.0/24'], false],
  [['192.0.2.0/33'], false],
  [['192.0.2.0/255.0.255.0'], false],
  [['2001:db8::/32'], true],
  [['ALL', '!web-01'], false],
  [['!web-01', 'ALL'], false],
  [['!db-01', 'ALL'], true],
  [['!db-01'], false],
  [['+webhosts'], false],
  [['ALL', '!+webhosts'], false],
])('sudoHost %j applies: %s', (hosts, applies) => {
  expect(createSudoHostMatcher(hosts)(subject)).toBe(applies);
});
