import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchMedia } from '../../../guest-agent/agent/kept-drive/watch-media.ts';
import { createNodeSystem } from '../../../guest-agent/agent/system/node-system.ts';

const INSTANCE = '7f1b0a52-6f0a-4a43-9a3c-0d2d4c9d1e01';
const RULE = 'run/udev/rules.d/90-ubugi.rules';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ubugi-media-'));
  mkdirSync(join(root, 'run/ubugi'), { recursive: true });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const watch = (): void => watchMedia(INSTANCE, createNodeSystem({ root }));

test('an image without launcher gets a rule that lasts until it is switched off', async () => {
  mkdirSync(join(root, 'run/udev'));
  watch();
  const rule = readFileSync(join(root, RULE), 'utf8');
  expect(rule).toContain('ENV{ID_FS_LABEL}=="config-2|CONFIG-2"');
  expect(rule.split('\n')).toHaveLength(2);
  const script = rule.match(/\/bin\/sh (\S+) \$devnode/)?.[1] ?? '';
  for (const shell of [['dash'], ['busybox', 'sh']]) {
    const [program = '', ...front] = shell;
    expect((await execa(program, [...front, '-n', join(root, script)])).exitCode).toBe(0);
  }
  expect(readFileSync(join(root, script), 'utf8')).toContain(`'"instance": "${INSTANCE}"'`);
});

test('one with a launcher has its own, and one without udev gets none', () => {
  watch();
  expect(existsSync(join(root, 'run/udev'))).toBe(false);
  mkdirSync(join(root, 'run/udev'));
  mkdirSync(join(root, 'usr/lib/ubugi'), { recursive: true });
  writeFileSync(join(root, 'usr/lib/ubugi/ubugi-launcher'), '');
  watch();
  expect(existsSync(join(root, RULE))).toBe(false);
});
