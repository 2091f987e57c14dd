import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { ImportReport, ImportRequest } from '../../../../schemas/types/api.ts';
import { AppError } from '../../../domain/errors.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import type { Page } from '../../output/page.ts';
import { type Span, styled } from '../../output/span.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';
import { counted } from '../../views/words.ts';

interface ImportFlags extends OutputFlags, ConnectionFlags {
  readonly map?: string;
  readonly trustedSigners?: string;
  readonly dryRun?: boolean;
  readonly skipConflicts?: boolean;
}

/** `ubugi import`: takes in what another cluster or site exported. */
export function importCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'import',
    summary: 'import what another cluster or site has exported',
    description:
      'Takes an export in if somebody trusted has signed it: this server itself, or a line of --trusted-signers (`ubugi trusted-signers --for export` at the other site) or of the file that `exchange.trustedSigners` names in the server’s configuration. --map names what is called otherwise here. All of it is checked first; where an instance, its name or an address is here already, nothing is written, unless --skip-conflicts says otherwise. After an interruption, run the same command again: it goes on. Generation numbers, random seeds and times stay; events say where they came from.',
    examples: [
      {
        purpose: 'what would come of it',
        line: 'ubugi import all.jsonl.gz --trusted-signers paris --dry-run',
      },
      {
        purpose: 'to a site with other networks',
        line: 'ubugi import all.jsonl.gz --trusted-signers paris --map tokyo.yaml',
      },
    ],
  })
    .argument('<file>', 'what `ubugi export` wrote')
    .option('--map <file>', 'YAML: hypervisors, projects, owners, sites (old: new) and networks (from, to)')
    .option(
      '--trusted-signers <file>',
      'who may have signed it, beside this server and those that it trusts by configuration',
    )
    .option('--dry-run', 'check all of it and show what would become of each instance, write nothing')
    .option('--skip-conflicts', 'import the others where some cannot be')
    .option('--json', 'print one JSON document')
    .action(async (file: string, flags: ImportFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const request = await requestOf(flags);
        const report = await output.progress(
          'importing',
          async () => await api.importInstances(request, file),
        );
        output.result(report, (page) => {
          renderImport(page, report);
        });
        const conflicts = report.outcomes.filter(({ outcome }) => outcome === 'conflict').length;
        if (conflicts > 0 && flags.skipConflicts !== true) {
          throw new AppError(
            'conflict',
            `nothing was written: ${counted(conflicts, 'instance')} cannot be imported; map what clashes, or leave them out with --skip-conflicts`,
          );
        }
      });
    });
  addConnectionFlags(command);
  return command;
}

async function requestOf({
  map,
  trustedSigners,
  dryRun,
  skipConflicts,
}: ImportFlags): Promise<ImportRequest> {
  return {
    ...(map === undefined ? {} : { mapping: mappingOf(await read(map), map) }),
    ...(trustedSigners === undefined ? {} : { trustedSigners: await read(trustedSigners) }),
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(skipConflicts === undefined ? {} : { skipConflicts }),
  };
}

/** The server checks what is in it. */
function mappingOf(text: string, file: string): NonNullable<ImportRequest['mapping']> {
  try {
    return parse(text, { maxAliasCount: 0 }) as NonNullable<ImportRequest['mapping']>;
  } catch (cause) {
    throw new AppError('request-invalid', `${file} is no YAML: correct it`, { cause });
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AppError('request-invalid', `cannot read ${file} (${code}): check its name and permissions`, {
      cause,
    });
  }
}

const words: Readonly<Record<ImportReport['outcomes'][number]['outcome'], string>> = {
  imported: 'imported',
  foreseen: 'can be imported',
  present: 'was imported before',
  conflict: 'cannot be imported',
};

function renderImport(page: Page, { outcomes, signer }: ImportReport): void {
  page.line(styled('dim', `signed by ${signer}`));
  page.table(
    [
      { heading: 'INSTANCE' },
      { heading: 'WHAT' },
      { heading: 'GENERATIONS', align: 'right' },
      { heading: 'WHY', flexible: true },
    ],
    outcomes.map(({ name, outcome, generations, problem }): Span[] => [
      name,
      styled(outcome === 'conflict' ? 'red' : 'green', words[outcome]),
      String(generations),
      problem ?? '',
    ]),
  );
}
