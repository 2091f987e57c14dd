import type { InstanceDetail } from '../../../schemas/types/api.ts';
import { type LinkSettings, networkLinks } from '../../domain/network-links.ts';
import { parseInstance } from '../arguments/instance-argument.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import { renderProblems } from '../output/error-report.ts';
import type { Page } from '../output/page.ts';
import { type Span, styled } from '../output/span.ts';
import type { Cell } from '../output/table.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';
import { holdText, instanceState } from '../views/generation-view.ts';
import { renderInexpressible } from '../views/inexpressible-view.ts';
import { linkPlace } from '../views/link-place.ts';
import { replayText } from '../views/replay-view.ts';
import { renderReport } from '../views/report-view.ts';

/** `ubugi show`: one instance. */
export function showCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'show',
    summary: 'show one instance',
    description:
      'Shows what the CMDB says of an instance, its generations, why its newest record is not used if it is quarantined, what a guest that only cloud-init dresses does not get, and what the guest reported last.',
    examples: [
      { purpose: 'by name', line: 'ubugi show web-01' },
      { purpose: 'by UUID, as JSON', line: 'ubugi show 5c1d6f0e-3f0a-4a53-9a35-1f6f5f6f4a01 --json' },
    ],
  })
    .argument('<instance>', 'UUID or unambiguous name', parseInstance)
    .option('--json', 'print one JSON document')
    .action(async (instance: string, flags: OutputFlags & ConnectionFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const detail = await output.progress('asking', async () => await api.instance(instance));
        output.result(detail, (page) => {
          renderDetail(page, detail);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}

function renderDetail(page: Page, detail: InstanceDetail): void {
  const { summary, record, source } = detail;
  page.line(styled('bold', summary.name), '  ', instanceState(summary));
  page.fields(
    known([
      ['id', summary.id],
      ['host name', record.hostname],
      ['domain', record.domain],
      ['project', record.project ?? fromNova(detail.nova?.project)],
      ['owner', record.owner],
      ['created by', record.creator ?? styled('dim', 'the CMDB does not tell')],
      ['created at', record.createdAt ?? styled('dim', 'the CMDB does not tell')],
      ['site', record.site],
      ['zone', record.availabilityZone],
      ['os', record.osFamily],
      ['hypervisor', record.hypervisor],
      ['tags', record.tags.length === 0 ? undefined : record.tags.join(' ')],
      ['image', fromNova(detail.nova?.image)],
      ['started by roles', fromNova(detail.nova?.bootRoles?.join(' '))],
      ['asked for by Nova', detail.nova?.seenAt],
      ['source', `${source.inventory}: ${source.record}`],
      ['first seen', detail.firstSeenAt],
      ['removed', summary.removedAt ?? undefined],
    ]),
  );
  renderGenerations(page, detail);
  renderInterfaces(page, detail);
  if ((detail.quarantine ?? []).length > 0) {
    page.blank();
    page.line(styled('yellow', 'quarantined: the newest record of the CMDB is not used'));
    renderProblems(page, detail.quarantine ?? []);
  }
  renderInexpressible(page, detail.inexpressible);
  page.blank();
  page.heading('last report');
  if (detail.lastReport === null) page.line('  ', styled('dim', 'none yet'));
  else renderReport(page, detail.lastReport);
}

/** The CMDB says nothing of it; Nova did. */
function fromNova(value: string | undefined): Span | undefined {
  return value === undefined || value === '' ? undefined : `${value} (nova)`;
}

function renderGenerations(page: Page, { summary, replay }: InstanceDetail): void {
  const { newest, attached, applied, failure } = summary.generation;
  page.blank();
  page.heading('generation');
  page.fields([
    ['newest', newest === null ? styled('dim', 'none yet') : String(newest)],
    ['attached', attached === null ? styled('dim', 'none yet') : String(attached)],
    ['applied', applied === null ? styled('dim', 'none yet') : String(applied)],
    ...(failure === undefined
      ? []
      : [['failed', styled('red', `${failure.generation} at ${failure.at}: ${failure.reason}`)] as const]),
    ...(summary.held === undefined ? [] : [['held', styled('cyan', holdText(summary.held))] as const]),
    ...(replay === undefined ? [] : [['replay', replayText(replay)] as const]),
  ]);
}

function renderInterfaces(page: Page, { record }: InstanceDetail): void {
  if (record.interfaces.length === 0) return;
  page.blank();
  page.heading('interfaces');
  page.table(
    [
      { heading: 'NAME' },
      { heading: 'MAC OR LINKS', flexible: true },
      { heading: 'ADDRESSES', flexible: true },
      { heading: 'GATEWAY' },
      { heading: 'MTU' },
    ],
    networkLinks(record).map((named) => {
      const link: LinkSettings = named.link;
      return [
        named.link.name ?? styled('dim', '-'),
        linkPlace(named),
        [
          ...(link.addresses ?? []),
          ...(link.dhcp4 === true ? ['DHCP'] : []),
          ...(link.dhcp6 === true ? ['DHCPv6'] : []),
        ],
        [link.gateway4, link.gateway6].filter((gateway) => gateway !== undefined),
        link.mtu === undefined ? styled('dim', '-') : String(link.mtu),
      ];
    }),
    { indent: 2 },
  );
}

function known(
  rows: readonly (readonly [label: string, value: Span | undefined])[],
): readonly (readonly [label: string, value: Cell])[] {
  return rows.filter((row): row is readonly [string, Span] => row[1] !== undefined);
}
