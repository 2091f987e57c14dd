import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createAgent } from '../../guest-agent/agent/agent.ts';
import type { DriveValidators } from '../../guest-agent/agent/configuration/drive.ts';
import { createNodeSystem } from '../../guest-agent/agent/system/node-system.ts';
import type { Files, System, ToolResult, ToolRun } from '../../guest-agent/agent/system/system.ts';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import type { Manifest } from '../../schemas/types/manifest.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { writeDriveFolder } from './drive-folder.ts';
import { exampleGuest } from './example-guest.ts';

const schemas = createValidators();

/** The agent's own logic under Node, over a folder that stands for the guest's root. */
export interface NodeAgent {
  /** Absolute path of the root. */
  readonly root: string;
  /** Tools that the last run started. */
  readonly tools: readonly ToolRun[];
  /** Paths outside /run/ubugi that the last run changed, in order; a rename counts at both ends. */
  readonly changed: readonly string[];
  /** Pairs of paths between which the last run copied SELinux labels. */
  readonly labels: readonly (readonly [from: string, to: string])[];
  /** Makes the next rename to a path fail. */
  failRename(to: string): void;
  /** Puts a file, or a link, at a path of the guest. */
  put(path: string, content: string | { readonly link: string }): void;
  read(path: string): string;
  /** Applies one more generation with these sections of the guest configuration and nothing else. */
  apply(sections: Partial<GuestConfiguration>, options?: { readonly offline?: boolean }): AgentReport;
  /** Removes a root that {@link scratchAgent} made. */
  remove(): void;
}

/** How tools are answered. */
export type Answer = (tool: ToolRun) => ToolResult;

/** Every tool is content. */
export const contentTools: Answer = () => ({ status: 0, output: '', timedOut: false });

/** Runs the tools that are in the root, in a chroot of it. */
export function chrootTools(root: string): Answer {
  return ({ argv, timeoutMs, folder = '/' }) => {
    const result = spawnSync('chroot', [root, 'sh', '-c', 'cd "$0" && exec "$@"', folder, ...argv], {
      timeout: timeoutMs,
      encoding: 'utf8',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return {
      status: result.status ?? 137,
      output: `${result.stdout}${result.stderr}`,
      timedOut: result.signal === 'SIGTERM',
    };
  };
}

/** The agent on a temporary root that has these files and nothing else. */
export function scratchAgent(
  tree: Readonly<Record<string, string | { readonly link: string }>>,
  answer: Answer = contentTools,
): NodeAgent {
  const agent = nodeAgent(mkdtempSync(join(tmpdir(), 'ubugi-root-')), answer);
  agent.put('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n');
  agent.put('/etc/group', 'root:x:0:\n');
  agent.put('/etc/shadow', 'root:*:19000:0:99999:7:::\n');
  for (const folder of ['run', 'var/lib']) mkdirSync(join(agent.root, folder), { recursive: true });
  for (const [path, content] of Object.entries(tree)) agent.put(path, content);
  return agent;
}

/** The agent on a root that is there. */
export function nodeAgent(root: string, answer: Answer): NodeAgent {
  const validators: DriveValidators = {
    guestConfiguration: (value): value is GuestConfiguration =>
      schemas.guestConfiguration(value).kind === 'valid',
    manifest: (value): value is Manifest => schemas.manifest(value).kind === 'valid',
  };
  const tools: ToolRun[] = [];
  const changed: string[] = [];
  const labels: (readonly [string, string])[] = [];
  const failing = new Set<string>();
  let generation = 0;
  const real = createNodeSystem({
    root,
    now: () => Date.UTC(2026, 0, 2),
    hostname: 'web-01',
    copyLabel: (from, to) => labels.push([from, to]),
    processes: {
      run: (list) => {
        tools.push(...list);
        return list.map(answer);
      },
      endSessions: () => undefined,
    },
  });
  const system: System = { ...real, files: watched(real.files, changed, failing) };
  return {
    root,
    tools,
    changed,
    labels,
    failRename: (to) => failing.add(to),
    put(path, content) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      if (typeof content === 'string') writeFileSync(join(root, path), content);
      else symlinkSync(content.link, join(root, path));
    },
    read: (path) => readFileSync(join(root, path), 'utf8'),
    apply(sections, { offline = false } = {}) {
      tools.length = 0;
      changed.length = 0;
      labels.length = 0;
      generation++;
      const nothing = { network: { interfaces: [] }, dns: {}, ntp: {}, groups: [], accounts: [], files: [] };
      const guest = exampleGuest({ ...nothing, sudo: { rules: [] }, ...sections });
      writeDriveFolder(join(root, 'drive'), guest, { generation });
      const agent = createAgent({ system, validators, version: '0', print: () => undefined });
      agent(['apply', '--drive', '/drive', ...(offline ? ['--offline'] : [])]);
      return JSON.parse(readFileSync(join(root, 'run/ubugi/report.json'), 'utf8')) as AgentReport;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Our records say which generation was applied and change with each: they are left out. */
function watched(files: Files, changed: string[], failing: Set<string>): Files {
  const note = (...paths: readonly string[]): void => {
    const isRecord = (path: string): boolean => /^\/(run|var\/lib)\/ubugi(\/|$)/.test(path);
    changed.push(...paths.filter((path) => !isRecord(path)));
  };
  return {
    ...files,
    create(path, ...rest) {
      note(path);
      files.create(path, ...rest);
    },
    createFolder(path, attributes) {
      note(path);
      files.createFolder(path, attributes);
    },
    createLink(path, target) {
      note(path);
      files.createLink(path, target);
    },
    setAttributes(path, attributes) {
      note(path);
      files.setAttributes(path, attributes);
    },
    rename(from, to) {
      if (failing.delete(to)) throw new Error(`rename ${to}: No space left on device`);
      note(from, to);
      files.rename(from, to);
    },
    remove(path) {
      note(path);
      files.remove(path);
    },
  };
}
