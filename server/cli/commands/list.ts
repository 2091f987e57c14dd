import type { InstanceList, InstanceSummary } from '../../../schemas/types/api.ts';
import type { InstanceSelection } from '../../store/store.ts';
import type { ApiClient } from '../api-client.ts';
import { parseLimit } from '../arguments/number-options.ts';
import { collectWhere, whereHelp } from '../arguments/where-option.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import type { Page } from '../output/page.ts';
import { styled } from '../output/span.ts';
import type { Cell } from '../output/table.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';
import { generationNumber, instanceState } from '../views/generation-view.ts';
import { counted } from '../views/words.ts';

interface ListFlags extends OutputFlags, ConnectionFlags {
  readonly where?: InstanceSelection;
  readonly pending?: boolean;
  readonly failed?: boolean;
  readonly held?: boolean;
  readonly removed?: boolean;
  readonly wide?: boolean;
  readonly limit?: number;
}

const pageSize = 1000;

/** `ubugi list`: instances and how far each has come. */
export function listCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'list',
    summary: 'list instances and the generation each has',
    description:
      'Lists instances with their newest generation, the one the hypervisor has attached and the one the guest has applied. An instance is pending while the newest is not applied: `not attached` until its hypervisor has it, `not applied` until the guest says that it has applied it, `failed` if it says that it could not. `held` stands beside one of which a rollout or a rollback holds something back.',
    examples: [
      { purpose: 'everything the server knows', line: 'ubugi list' },
      {
        purpose: 'the web servers of one site',
        line: "ubugi list --where site=tokyo-1 --where 'name=web-*'",
      },
      {
        purpose: 'names of all instances that do not have their newest generation, for a script',
        line: "ubugi list --pending --json | jq -r '.instances[].name'",
      },
    ],
  })
    .option('--where <K=V>', whereHelp, collectWhere)
    .option('--pending', 'only instances whose newest generation is not applied')
    .option('--failed', 'only instances whose newest generation failed')
    .option('--held', 'only instances of which something is held back')
    .option('--removed', 'also instances that the CMDB no longer lists')
    .option('--wide', 'also UUID and tags')
    .option('--limit <n>', 'show at most so many (default: all)', parseLimit)
    .option('--json', 'print one JSON document')
    .action(async (flags: ListFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const list = await output.progress('listing instances', async () => await fetchAll(api, flags));
        output.result(list, (page) => {
          renderList(page, list, flags.wide === true);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}

async function fetchAll(api: ApiClient, flags: ListFlags): Promise<InstanceList> {
  const most = flags.limit ?? Infinity;
  const instances: InstanceSummary[] = [];
  let after: string | null = null;
  do {
    const page = await api.instances({
      ...flags.where,
      pending: flags.pending === true ? 'true' : undefined,
      failed: flags.failed === true ? 'true' : undefined,
      held: flags.held === true ? 'true' : undefined,
      removed: flags.removed === true ? 'true' : undefined,
      after: after ?? undefined,
      limit: Math.min(pageSize, most - instances.length),
    });
    instances.push(...page.instances);
    after = page.next;
  } while (after !== null && instances.length < most);
  return { instances, next: after };
}

function renderList(page: Page, list: InstanceList, wide: boolean): void {
  if (list.instances.length === 0) {
    page.line(styled('dim', 'no instance matches'));
    return;
  }
  page.table(
    [
      { heading: 'NAME', flexible: true },
      { heading: 'PROJECT', flexible: true },
      { heading: 'SITE', flexible: true },
      { heading: 'OWNER', flexible: true },
      { heading: 'OS' },
      { heading: 'HYPERVISOR', flexible: true },
      { heading: 'NEWEST', align: 'right' },
      { heading: 'ATTACHED', align: 'right' },
      { heading: 'APPLIED', align: 'right' },
      { heading: 'STATE' },
      ...(wide ? [{ heading: 'ID' }, { heading: 'TAGS', flexible: true }] : []),
    ],
    list.instances.map((instance) => row(instance, wide)),
  );
  const pending = list.instances.filter(
    (instance) => instance.generation.pending && instance.removedAt === null,
  );
  page.blank();
  page.line(
    styled('dim', `${counted(list.instances.length, 'instance')}, ${pending.length} pending`),
    list.next === null ? '' : styled('dim', '; there are more, raise --limit'),
  );
}

function row(instance: InstanceSummary, wide: boolean): readonly Cell[] {
  const { generation } = instance;
  return [
    instance.name,
    instance.project ?? styled('dim', '-'),
    instance.site ?? styled('dim', '-'),
    instance.owner ?? styled('dim', '-'),
    instance.osFamily,
    instance.hypervisor ?? styled('dim', '-'),
    generationNumber(generation.newest),
    generationNumber(generation.attached),
    generationNumber(generation.applied),
    instanceState(instance),
    ...(wide ? [styled('dim', instance.id), instance.tags.join(' ')] : []),
  ];
}
