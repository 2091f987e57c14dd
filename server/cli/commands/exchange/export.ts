import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../domain/errors.ts';
import { syncFolder } from '../../../drive/durable-file.ts';
import type { InstanceSelection } from '../../../store/store.ts';
import { collectWhere, whereHelp } from '../../arguments/where-option.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import type { TransportResponse } from '../../connection/transport.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';
import { byteSize } from '../../views/words.ts';

interface ExportFlags extends OutputFlags, ConnectionFlags {
  readonly where?: InstanceSelection;
  readonly out: string;
}

/** `ubugi export`: instances with their history, for another cluster or site. */
export function exportCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'export',
    summary: 'export instances with all their history, signed',
    description:
      'Writes records, random seeds, generations, events and reports of the chosen instances, removed ones too, as lines of JSON packed with gzip and signed by the server (docs/export-format.md). FILE appears whole or not at all, and only its owner can read it (mode 0600): it holds user-data and random seeds.',
    examples: [
      { purpose: 'everything', line: 'ubugi export --out all.jsonl.gz' },
      { purpose: 'one site', line: 'ubugi export --where site=tokyo-1 --out tokyo-1.jsonl.gz' },
    ],
  })
    .option('--where <K=V>', whereHelp, collectWhere)
    .requiredOption('--out <file>', 'where to write the export')
    .option('--json', 'print one JSON document')
    .action(async ({ where = {}, out, ...flags }: ExportFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const size = await output.progress(
          'exporting',
          async (update) =>
            await api.exportInstances(
              { ...where },
              async (response) =>
                await save(response, out, (received) => {
                  update(byteSize(received));
                }),
            ),
        );
        output.result({ file: out, size }, (page) => {
          page.line(`${out}: ${byteSize(size)}`);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}

async function save(
  { body }: TransportResponse,
  file: string,
  progress: (received: number) => void,
): Promise<number> {
  const temporary = join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
  let size = 0;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      for await (const chunk of body) {
        size += chunk.byteLength;
        await handle.writeFile(chunk);
        progress(size);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(dirname(file));
    return size;
  } catch (error) {
    await rm(temporary, { force: true });
    const { syscall, code } = error as NodeJS.ErrnoException;
    if (error instanceof AppError || syscall === undefined || code === undefined) throw error;
    throw new AppError(
      'storage-failed',
      `cannot write ${file} (${code}): choose another place or make room`,
      {
        cause: error,
      },
    );
  }
}
