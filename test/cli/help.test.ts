import { describe, expect, it } from 'vitest';
import { DocumentedCommand } from '../../server/cli/documented-command.ts';
import { commandPath, createProgram, withSubcommands } from '../../server/cli/program.ts';
import { runCli } from '../../server/cli/run-cli.ts';
import { createRuntime } from '../../server/cli/runtime.ts';
import { captured } from './captured.ts';
import { runUbugi } from './run-ubugi.ts';

const { dependencies } = captured();
const program = createProgram(
  createRuntime(dependencies, () => {}),
  { version: '1.2.3', stdout: dependencies.stdout, stderr: dependencies.stderr },
);
const commands = withSubcommands(program).filter((command) => command instanceof DocumentedCommand);

describe('every command', () => {
  it('of the issue is there', () => {
    const server = ['serve', 'check-config'];
    const work = [
      'sync',
      'try-policy',
      'list',
      'show',
      'regenerate-drive',
      'rollout',
      'rollout list',
      'rollout show',
      'rollout resume',
      'rollout cancel',
      'rollout rollback',
      'replay-boot',
      'diff',
      'explain',
      'drive',
      'verify',
      'trusted-signers',
      'export',
      'import',
    ];
    const trail = ['history', 'runs', 'audit', 'token', 'token create', 'token list', 'token revoke'];
    const hosts = ['hypervisors', 'place'];
    const paths = [...server, ...work, ...hosts, ...trail].map((path) => `ubugi ${path}`);
    expect(commands.map(commandPath)).toEqual(['ubugi', ...paths]);
  });

  it.each(commands.map((command) => [commandPath(command), command] as const))(
    '%s has a description, a summary and two or three examples, and shows them',
    async (path, command) => {
      expect(command.examples.length).toBeGreaterThanOrEqual(2);
      expect(command.examples.length).toBeLessThanOrEqual(3);
      expect(command.summary()).not.toBe('');
      const { dependencies: process, written } = captured();
      const args = [...path.split(' ').slice(1), '--help'];
      expect(await runCli(args, process, { version: '1.2.3' })).toBe(0);
      expect(written.stderr).toBe('');
      expect(written.stdout.replaceAll(/\s+/g, ' ')).toContain(command.description());
      for (const { purpose, line } of command.examples) {
        expect(line.startsWith('ubugi ')).toBe(true);
        expect(written.stdout).toContain(`  # ${purpose}\n  ${line}\n`);
      }
    },
  );

  it.each(
    commands
      .filter((command) => command.commands.length === 0)
      .map((command) => [commandPath(command), command] as const),
  )('%s has --json', (_, command) => {
    expect(command.options.map(({ long }) => long)).toContain('--json');
  });

  it('takes the token from no argument', () => {
    const flags = commands.flatMap((command) => command.options.map(({ long }) => long));
    expect(flags).not.toContain('--token');
  });
});

describe('the process', () => {
  it('shows help and version with status 0', async () => {
    const help = await runUbugi(['--help']);
    expect([help.exitCode, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toContain('Usage: ubugi');
    expect(await runUbugi(['--version'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});
