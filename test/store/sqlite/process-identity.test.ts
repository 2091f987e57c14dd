import { execa } from 'execa';
import { expect, test } from 'vitest';
import { createProcessIdentity } from '../../../server/store/sqlite/process-identity.ts';

const identity = createProcessIdentity();
const [boot = '', namespace = '', pid = '', start = ''] = identity.own.split(' ');

test('this process runs', () => {
  expect(identity.stateOf(identity.own)).toBe('running');
});

test.each([
  ['the number was given to another process', `${boot} ${namespace} ${pid} 1`],
  ['no such process', `${boot} ${namespace} 4194304 ${start}`],
])('%s: ended', (_, other) => {
  expect(identity.stateOf(other)).toBe('ended');
});

test.each([
  ['another start of the machine', `00000000-0000-4000-8000-000000000000 ${namespace} ${pid} ${start}`],
  ['another container', `${boot} pid:[1] ${pid} ${start}`],
  ['nonsense', 'nonsense'],
  ['nothing', ''],
])('%s: unknown', (_, other) => {
  expect(identity.stateOf(other)).toBe('unknown');
});

test('a process that was killed has ended', async () => {
  const child = execa('sleep', ['60'], { reject: false });
  const { stdout } = await execa('cut', ['-d', ' ', '-f', '22', `/proc/${child.pid}/stat`]);
  const other = `${boot} ${namespace} ${child.pid} ${stdout}`;
  expect(identity.stateOf(other)).toBe('running');
  child.kill('SIGKILL');
  await child;
  expect(identity.stateOf(other)).toBe('ended');
});

test('without /proc nothing is known of anyone', () => {
  const blind = createProcessIdentity('/nonexistent');
  expect(blind.stateOf(blind.own)).toBe('unknown');
  expect(blind.stateOf(identity.own)).toBe('unknown');
});
