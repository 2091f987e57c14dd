import { DocumentedCommand } from '../documented-command.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';

interface ServeFlags extends OutputFlags {
  readonly config: string;
}

/** `ubugi serve`: runs the metadata server until it is told to stop. */
export function serveCommand(runtime: Runtime): DocumentedCommand {
  return new DocumentedCommand({
    name: 'serve',
    summary: 'run the metadata server',
    description:
      'Runs the metadata server until SIGINT or SIGTERM, then finishes what is under way and exits with 0. Its log goes to standard error, one JSON object a line. Once it answers, the addresses that it listens on are printed on standard output.',
    examples: [
      { purpose: 'in the foreground', line: 'ubugi serve --config /etc/ubugi/server.yaml' },
      {
        purpose: 'a configuration that is checked first',
        line: 'ubugi check-config --config server.yaml && ubugi serve --config server.yaml',
      },
    ],
  })
    .requiredOption('--config <file>', 'server configuration (YAML)')
    .option('--json', 'print the addresses as one JSON document')
    .action(async (flags: ServeFlags) => {
      await runtime.run(flags, async (output) => {
        const { addresses, ended } = await runtime.dependencies.local.serve(
          flags.config,
          runtime.dependencies.signal,
        );
        output.result({ addresses }, (page) => {
          for (const address of addresses) page.line(`listening on ${address}`);
        });
        await ended;
      });
    });
}
