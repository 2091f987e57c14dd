import { Command } from 'commander';
import { auditCommand } from './commands/audit.ts';
import { checkConfigCommand } from './commands/check-config.ts';
import { diffCommand } from './commands/diff.ts';
import { driveCommand } from './commands/drive.ts';
import { exportCommand } from './commands/exchange/export.ts';
import { importCommand } from './commands/exchange/import.ts';
import { explainCommand } from './commands/explain.ts';
import { historyCommand } from './commands/history.ts';
import { hypervisorsCommand } from './commands/hypervisors.ts';
import { listCommand } from './commands/list.ts';
import { placeCommand } from './commands/place.ts';
import { replayBootCommand } from './commands/replay-boot.ts';
import { rolloutCommand } from './commands/rollout.ts';
import { regenerateDriveCommand } from './commands/runs/regenerate-drive.ts';
import { runsCommand } from './commands/runs/runs.ts';
import { syncCommand } from './commands/runs/sync.ts';
import { tryPolicyCommand } from './commands/runs/try-policy.ts';
import { serveCommand } from './commands/serve.ts';
import { showCommand } from './commands/show.ts';
import { tokenCommand } from './commands/token.ts';
import { trustedSignersCommand } from './commands/trusted-signers.ts';
import { verifyCommand } from './commands/verify.ts';
import { DocumentedCommand } from './documented-command.ts';
import type { OutputStream } from './output/output.ts';
import { printable } from './output/printable.ts';
import type { Runtime } from './runtime.ts';

/** How a program is built. */
export interface ProgramOptions {
  readonly version: string;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** The whole command line of `ubugi`. Parsing it throws CommanderError for usage errors, help and version. */
export function createProgram(runtime: Runtime, options: ProgramOptions): DocumentedCommand {
  const program = new DocumentedCommand({
    name: 'ubugi',
    summary: 'dress every new virtual machine with its identity',
    description:
      'Signed config drives that give every new virtual machine, at its first boot, the identity its company has decided for it.',
    examples: [
      { purpose: 'run the server', line: 'ubugi serve --config /etc/ubugi/server.yaml' },
      { purpose: 'read CMDB and directory, make drives', line: 'ubugi sync' },
      {
        purpose: 'what would change on one machine, and why',
        line: 'ubugi regenerate-drive web-01 --dry-run',
      },
    ],
  });
  program.version(options.version, '-V, --version', 'show the version');
  program.addHelpCommand(
    new Command('help').argument('[command]').description('show the help of a command').helpGroup('Help:'),
  );
  program.commandsGroup('Server:');
  program.addCommand(serveCommand(runtime)).addCommand(checkConfigCommand(runtime));
  program.commandsGroup('Instances and drives:');
  for (const command of [
    syncCommand(runtime),
    tryPolicyCommand(runtime),
    listCommand(runtime),
    showCommand(runtime),
    regenerateDriveCommand(runtime),
    rolloutCommand(runtime),
    replayBootCommand(runtime),
    diffCommand(runtime),
    explainCommand(runtime),
    driveCommand(runtime),
    verifyCommand(runtime),
    trustedSignersCommand(runtime),
    exportCommand(runtime),
    importCommand(runtime),
  ]) {
    program.addCommand(command);
  }
  program.commandsGroup('Hypervisors:');
  program.addCommand(hypervisorsCommand(runtime)).addCommand(placeCommand(runtime));
  program.commandsGroup('Trail and access:');
  program
    .addCommand(historyCommand(runtime))
    .addCommand(runsCommand(runtime))
    .addCommand(auditCommand(runtime))
    .addCommand(tokenCommand(runtime));
  for (const command of withSubcommands(program)) settle(command, options);
  return program;
}

/** The command and all below it, in order. */
export function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function settle(command: Command, { stdout, stderr }: ProgramOptions): void {
  const path = commandPath(command);
  command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      // Usage errors repeat the arguments, which a script may have taken from anywhere.
      writeErr: (text) => stderr.write(text.split('\n').map(printable).join('\n')),
      getOutHelpWidth: () => (stdout.isTTY === true ? (stdout.columns ?? 80) : 100),
      getErrHelpWidth: () => (stderr.isTTY === true ? (stderr.columns ?? 80) : 100),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError(`(\`${path} --help\` shows how to use it)`);
}

/** `ubugi token create`. */
export function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}
