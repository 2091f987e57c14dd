import { Option } from 'commander';
import { configdrive } from '../../drive/configdrive.ts';
import { parseInstance } from '../arguments/instance-argument.ts';
import { parseGeneration } from '../arguments/number-options.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import { saveDrive } from '../drive-download.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';
import { byteSize } from '../views/words.ts';

interface DriveFlags extends OutputFlags, ConnectionFlags {
  readonly generation?: number;
  readonly format: 'iso' | 'configdrive';
  readonly out: string;
}

/** `ubugi drive`: fetches the image of one generation. */
export function driveCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'drive',
    summary: 'fetch the drive of an instance',
    description:
      'Fetches the signed image of a generation. FILE appears whole or not at all: the image is checked against the SHA-256 that the server gives before it replaces what stood there. Only its owner can read it (mode 0600).',
    examples: [
      { purpose: 'an older one', line: 'ubugi drive web-01 --generation 3 --out web-01-g3.iso' },
      {
        purpose: 'for Ironic',
        line: 'ubugi drive bm-01 --format configdrive --out bm-01.configdrive',
      },
      {
        purpose: 'fetch, then look inside',
        line: 'ubugi drive web-01 --out web-01.iso && ubugi verify web-01.iso',
      },
    ],
  })
    .argument('<instance>', 'UUID or unambiguous name', parseInstance)
    .option('--generation <generation>', 'which generation (default: the newest)', parseGeneration)
    .addOption(
      new Option('--format <format>', 'the image, or what Ironic takes: base64 of gzip of it')
        .choices(['iso', 'configdrive'])
        .default('iso'),
    )
    .requiredOption('--out <file>', 'where to write the image')
    .option('--json', 'print one JSON document')
    .action(async (instance: string, flags: DriveFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const drive = await output.progress(
          `fetching the drive of ${instance}`,
          async (update) =>
            await api.drive(
              instance,
              flags.generation,
              async (response) =>
                await saveDrive(
                  response,
                  flags.out,
                  (received, total) => {
                    update(
                      total === undefined
                        ? byteSize(received)
                        : `${byteSize(received)} of ${byteSize(total)}`,
                    );
                  },
                  flags.format === 'configdrive' ? configdrive : undefined,
                ),
            ),
        );
        output.result(drive, (page) => {
          page.line(
            `${drive.file}: generation ${drive.generation} of ${drive.instance}, ${byteSize(drive.size)}`,
          );
          page.line(`sha256 ${drive.sha256}`);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}
