import type { Hypervisor, HypervisorDetail } from '../../../schemas/types/api.ts';
import { parseHost } from '../arguments/host-argument.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import type { Page } from '../output/page.ts';
import { type Span, styled } from '../output/span.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';
import { generationNumber } from '../views/generation-view.ts';
import { counted } from '../views/words.ts';

/** `ubugi hypervisors`: all of them, or one with its instances. */
export function hypervisorsCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'hypervisors',
    summary: 'list hypervisors, or show one with its instances',
    description:
      'Lists hypervisors with the number of their instances and their last heartbeat; of one shows what its daemon last said and which instances are on it now.',
    examples: [
      { purpose: 'all hypervisors', line: 'ubugi hypervisors' },
      { purpose: 'one, with its instances', line: 'ubugi hypervisors hv-01' },
      {
        purpose: 'those that have fallen silent, for a script',
        line: `ubugi hypervisors --json | jq -r '.hypervisors[] | select(.state == "stale") | .host'`,
      },
    ],
  })
    .argument('[host]', 'host name of a hypervisor', parseHost)
    .option('--json', 'print one JSON document')
    .action(async (host: string | undefined, flags: OutputFlags & ConnectionFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        if (host === undefined) {
          const list = await output.progress('listing hypervisors', async () => await api.hypervisors());
          output.result(list, (page) => {
            renderHypervisors(page, list.hypervisors);
          });
          return;
        }
        const detail = await output.progress(`asking for ${host}`, async () => await api.hypervisor(host));
        output.result(detail, (page) => {
          renderHypervisor(page, detail);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}

function renderHypervisors(page: Page, hypervisors: readonly Hypervisor[]): void {
  if (hypervisors.length === 0) {
    page.line(styled('dim', 'no hypervisor: the CMDB names none and none was heard of'));
    return;
  }
  page.table(
    [
      { heading: 'HOST', flexible: true },
      { heading: 'INSTANCES', align: 'right' },
      { heading: 'STATE' },
      { heading: 'HEARTBEAT' },
      { heading: 'LAST SEEN' },
    ],
    hypervisors.map((one) => [
      one.host,
      String(one.instances),
      stateOf(one),
      one.heartbeatAt ?? styled('dim', '-'),
      one.lastSeenAt ?? styled('dim', '-'),
    ]),
  );
  const stale = hypervisors.filter(({ state }) => state === 'stale').length;
  page.blank();
  page.line(styled('dim', `${counted(hypervisors.length, 'hypervisor')}, ${stale} stale`));
}

function renderHypervisor(page: Page, { hypervisor, heartbeat, instances }: HypervisorDetail): void {
  page.heading(hypervisor.host);
  page.fields([
    ['state', stateOf(hypervisor)],
    ['heartbeat', hypervisor.heartbeatAt ?? styled('dim', 'never')],
    ['last seen', hypervisor.lastSeenAt ?? styled('dim', 'never')],
    ...(heartbeat === null
      ? []
      : ([
          ['daemon', `${heartbeat.version}, ${heartbeat.adapter}`],
          ['machines', `${heartbeat.machines.known} known, ${heartbeat.machines.running} running`],
          ['drives not in the machine yet', String(heartbeat.pending)],
          ['reports not sent yet', String(heartbeat.spooled)],
          ...(heartbeat.lastError === undefined
            ? []
            : ([['last error', styled('red', heartbeat.lastError)]] as const)),
        ] as const)),
  ]);
  page.blank();
  if (instances.length === 0) {
    page.line(styled('dim', 'no instance is on it'));
    return;
  }
  page.table(
    [
      { heading: 'INSTANCE', flexible: true },
      { heading: 'NEWEST', align: 'right' },
      { heading: 'ATTACHED', align: 'right' },
      { heading: 'APPLIED', align: 'right' },
      { heading: 'STATE' },
      { heading: 'PLACED BY' },
    ],
    instances.map(({ name, generation, placedBy }) => [
      name,
      generationNumber(generation.newest),
      generationNumber(generation.attached),
      generationNumber(generation.applied),
      generation.pending ? styled('yellow', 'pending') : styled('green', 'current'),
      placedBy === 'cmdb' ? 'CMDB' : 'claim',
    ]),
  );
}

function stateOf({ state }: Hypervisor): Span {
  switch (state) {
    case 'beating':
      return styled('green', state);
    case 'stale':
      return styled('red', state);
    case 'silent':
      return styled('dim', state);
  }
}
