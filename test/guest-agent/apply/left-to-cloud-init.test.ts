import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exampleGuest } from '../example-guest.ts';
import { type NodeAgent, scratchAgent } from '../node-agent.ts';

/** An image with our launcher whose guest is left to its own cloud-init. */
let agent: NodeAgent;
beforeEach(() => {
  agent = scratchAgent({ '/etc/hostname': 'image\n' });
});
afterEach(() => agent.remove());

test('nothing is touched, and the report says why', () => {
  const passwd = agent.read('/etc/passwd');
  const report = agent.apply({ ...exampleGuest(), delivery: 'cloud-config' });
  expect(report).toMatchObject({
    outcome: 'skipped',
    reason: 'policy leaves this guest to its own cloud-init (guest: cloud-config)',
    resources: [],
  });
  expect(agent.tools).toEqual([]);
  expect(agent.read('/etc/hostname')).toBe('image\n');
  expect(agent.read('/etc/passwd')).toBe(passwd);
  expect(readdirSync(join(agent.root, 'var/lib/ubugi'))).toEqual(['report.json']);
});

test('what was made before stays, as it is', () => {
  agent.apply({ hostname: { name: 'web-01' } });
  const hosts = agent.read('/etc/hostname');
  expect(agent.apply({ delivery: 'cloud-config' })).toMatchObject({ outcome: 'skipped' });
  expect(agent.read('/etc/hostname')).toBe(hosts);
});
