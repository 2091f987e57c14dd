import { configurationError } from '../configuration-error.ts';
import { DocumentedCommand } from '../documented-command.ts';
import { styled } from '../output/span.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';

interface CheckConfigFlags extends OutputFlags {
  readonly config: string;
}

/** `ubugi check-config`: everything that is wrong with a server configuration. */
export function checkConfigCommand(runtime: Runtime): DocumentedCommand {
  return new DocumentedCommand({
    name: 'check-config',
    summary: 'check a server configuration and the policy it names',
    description:
      'Checks a server configuration with the policy files, keys and folders that it names, and prints every problem with file, line and remedy. Contacts no service and changes nothing. A configuration with problems exits with 7.',
    examples: [
      { purpose: 'before a restart', line: 'ubugi check-config --config /etc/ubugi/server.yaml' },
      { purpose: 'in CI, as JSON', line: "ubugi check-config --config server.yaml --json | jq '.problems'" },
    ],
  })
    .requiredOption('--config <file>', 'server configuration (YAML)')
    .option('--json', 'print one JSON document')
    .action(async (flags: CheckConfigFlags) => {
      await runtime.run(flags, async (output) => {
        const problems = await runtime.dependencies.local.checkConfig(flags.config);
        output.result({ file: flags.config, valid: problems.length === 0, problems }, (page) => {
          if (problems.length === 0) page.line(styled('green', 'valid'), `  ${flags.config}`);
        });
        if (problems.length > 0) throw configurationError(flags.config, problems);
      });
    });
}
