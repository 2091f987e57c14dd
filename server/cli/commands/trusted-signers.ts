import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { Option } from 'commander';
import { AppError } from '../../domain/errors.ts';
import { publishFile } from '../../drive/durable-file.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';

interface TrustedSignersFlags extends OutputFlags, ConnectionFlags {
  readonly out?: string;
  readonly for: 'drives' | 'export';
}

/** `ubugi trusted-signers`: the key that drives are signed by, as launchers and hypervisors pin it. */
export function trustedSignersCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'trusted-signers',
    summary: 'show the key that signs drives, as launchers and hypervisors pin it',
    description:
      'Prints the server’s public key as an allowed signers file of ssh-keygen(1): what /etc/ubugi/trusted_signers holds in images and on hypervisors, and what `ubugi verify --trusted-signers` takes. It is as true as the connection: ask over the local socket or TLS.',
    examples: [
      { purpose: 'for an image or a hypervisor', line: 'ubugi trusted-signers --out trusted_signers' },
      {
        purpose: 'check a drive against it',
        line: 'ubugi trusted-signers --out trusted_signers && ubugi verify web-01.iso --trusted-signers trusted_signers',
      },
    ],
  })
    .addOption(
      new Option('--for <what>', 'what it may sign: drives, or exports for `ubugi import` at another site')
        .choices(['drives', 'export'])
        .default('drives'),
    )
    .option('--out <file>', 'write it to this file instead of printing it')
    .option('--json', 'print one JSON document')
    .action(async (flags: TrustedSignersFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const trustedSigners = await output.progress(
          'asking',
          async () => await api.trustedSigners(flags.for),
        );
        const { out } = flags;
        if (out !== undefined) await save(out, trustedSigners);
        output.result({ trustedSigners, ...(out === undefined ? {} : { file: out }) }, (page) => {
          if (out !== undefined)
            page.line(`${out}: the key that signs ${flags.for === 'drives' ? 'drives' : 'exports'}`);
          else for (const line of trustedSigners.trimEnd().split('\n')) page.line(line);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}

async function save(file: string, text: string): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
  try {
    await publishFile(temporary, file, [Buffer.from(text)]);
  } catch (error) {
    throw new AppError(
      'storage-failed',
      `cannot write ${file} (${(error as NodeJS.ErrnoException).code}): choose another place or make room`,
      { cause: error },
    );
  }
}
