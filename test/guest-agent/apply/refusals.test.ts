import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAgent } from '../../../guest-agent/agent/agent.ts';
import type { DriveValidators } from '../../../guest-agent/agent/configuration/drive.ts';
import { createNodeSystem } from '../../../guest-agent/agent/system/node-system.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { Manifest } from '../../../schemas/types/manifest.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { sha256, writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';
import { readState } from '../launcher/plain-drive.ts';
import { altered, instance, now, other, refusalCases, script } from './refusal-cases.ts';

describe('what the agent checks of a drive by itself', () => {
  const schemas = createValidators();
  const validators: DriveValidators = {
    guestConfiguration: (value): value is GuestConfiguration =>
      schemas.guestConfiguration(value).kind === 'valid',
    manifest: (value): value is Manifest => schemas.manifest(value).kind === 'valid',
  };
  const guest = exampleGuest({
    network: { interfaces: [] },
    ntp: {},
    groups: [],
    accounts: [],
    sudo: { rules: [] },
    files: [],
    scripts: [{ name: 'one', sha256: sha256(script), timeoutSeconds: 10 }],
  });
  let root: string;
  let printed: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ubugi-root-'));
    printed = '';
    put('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\n');
    put('/etc/group', 'root:x:0:\n');
    put('/etc/shadow', 'root:*:19000:0:99999:7:::\n');
    put('/etc/gshadow', 'root:*::\n');
    for (const folder of ['run', 'var/lib']) mkdirSync(join(root, folder), { recursive: true });
    writeDriveFolder(join(root, 'drive'), guest, {
      generation: 3,
      scripts: { one: script },
      further: { 'ubugi/launch': '#!/bin/sh\n' },
    });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function put(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');

  function run(options: readonly string[] = [], clock = now): number {
    const system = createNodeSystem({
      root,
      now: () => clock,
      processes: {
        run: (list) => list.map(() => ({ status: 0, output: '', timedOut: false })),
        endSessions: () => undefined,
      },
    });
    const agent = createAgent({ system, validators, version: '1', print: (text) => (printed += text) });
    return agent(['apply', '--drive', '/drive', '--verified', ...options]);
  }

  /** Everything but what is gone when the machine is off and the report. */
  async function lastingState(): Promise<object> {
    const state = Object.entries(await readState(root));
    return Object.fromEntries(
      state.filter(([path]) => !/^(run(\/|$)|var\/lib\/ubugi(\/report\.json)?$)/.test(path)),
    );
  }

  test.each(refusalCases)(
    '$name',
    async ({ manifest, files = {}, applied, firmware, options, clock, refused }) => {
      if (manifest !== undefined) {
        const before = read('/drive/ubugi/manifest.json');
        const after = manifest(before);
        expect(after).not.toBe(before);
        put('/drive/ubugi/manifest.json', after);
      }
      for (const [path, text] of Object.entries(files)) {
        if (text === undefined) rmSync(join(root, path));
        else put(path, text);
      }
      if (firmware !== undefined) put('/sys/class/dmi/id/product_uuid', firmware);
      const record = { instance, manifestSha256: '0'.repeat(64), ...applied };
      if (applied !== undefined) put('/var/lib/ubugi/applied.json', JSON.stringify(record));
      const before = await lastingState();
      const status = run(options, clock);
      if (refused === undefined) {
        expect(printed).toContain('generation 3 of web-01 applied');
        const newest =
          applied?.instance === other ? 3 : Math.max(3, applied?.newest ?? applied?.generation ?? 3);
        expect(JSON.parse(read('/var/lib/ubugi/applied.json'))).toMatchObject({ generation: 3, newest });
        expect(status).toBe(0);
      } else {
        expect(printed).toMatch(/^ubugi: refused: /);
        expect(printed).toMatch(refused);
        expect(status).toBe(2);
        expect(await lastingState()).toEqual(before);
      }
    },
  );

  test.each([
    ['a link', (path: string) => symlinkSync('/etc/hostname', path)],
    ['a folder', (path: string) => mkdirSync(path)],
  ])('%s in the place of a file', (_what, make) => {
    rmSync(join(root, 'drive/ubugi/launch'));
    make(join(root, 'drive/ubugi/launch'));
    expect(run()).toBe(2);
    expect(printed).toMatch(altered);
  });

  test('reports a refusal, and the media that the launcher has refused', () => {
    put('/var/lib/ubugi/applied.json', JSON.stringify({ instance, generation: 4, manifestSha256: '' }));
    put('/run/ubugi/refused', '/dev/sr1: it is not signed\n');
    run();
    const report = JSON.parse(read('/run/ubugi/report.json')) as AgentReport;
    expect(schemas.agentReport(report)).toMatchObject({ kind: 'valid' });
    expect(report).toMatchObject({
      outcome: 'refused',
      generation: 3,
      reason: expect.stringContaining('older than generation 4') as string,
      refusedMedia: [{ medium: '/dev/sr1', reason: 'it is not signed' }],
    });
  });

  test('passes on nothing of a refused medium that could disturb a reader', () => {
    const evil = '\u001b[2J"<script>\u202e\\';
    const lines = [`/dev/sr1: it is ${evil}`, evil, '', `/dev/${'x'.repeat(999)}: ${'y'.repeat(9999)}`];
    put('/run/ubugi/refused', [...lines, ...Array.from({ length: 99 }, () => '/dev/sr2: no')].join('\n'));
    expect(run()).toBe(0);
    const report = JSON.parse(read('/run/ubugi/report.json')) as AgentReport;
    expect(schemas.agentReport(report)).toMatchObject({ kind: 'valid' });
    expect(report.refusedMedia).toHaveLength(32);
    expect(report.refusedMedia?.slice(0, 2)).toEqual([
      { medium: '/dev/sr1', reason: 'it is ??2J??script???' },
      { medium: 'unknown', reason: '??2J??script???' },
    ]);
    put('/run/ubugi/refused', '');
    run();
    expect(JSON.parse(read('/run/ubugi/report.json'))).not.toHaveProperty('refusedMedia');
    // The media are no longer there: that is news.
    expect(JSON.parse(read('/var/lib/ubugi/report.json'))).not.toHaveProperty('refusedMedia');
  });

  test('a list of refused media that is no list keeps nothing back', () => {
    mkdirSync(join(root, 'run/ubugi/refused'), { recursive: true });
    expect(run()).toBe(0);
  });
});
