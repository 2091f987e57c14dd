import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type { Explanation, Source, SourceLine } from '../../schemas/types/api.ts';

type Resource = AgentReport['resources'][number];

/** Which section of the guest configuration a resource of the agent applies. */
const sectionOf: Readonly<Record<Resource['resource'], SourceLine['section']>> = {
  'machine-id': 'instance',
  'host-keys': 'instance',
  hostname: 'hostname',
  network: 'network',
  dns: 'dns',
  ntp: 'ntp',
  groups: 'groups',
  accounts: 'accounts',
  keys: 'keys',
  sudoers: 'sudo',
  files: 'files',
  scripts: 'scripts',
};

const mark = { create: '+', update: '~', remove: '-', run: '!' } as const;

/** What the agent changed, resource by resource, and beside it what was wanted and from which source. */
export function renderAccount(report: AgentReport, explanation: Explanation): string {
  const table = new Table({
    head: ['resource', 'what changed in the guest', 'what was wanted', 'from'],
    colWidths: [11, 40, 44, 58],
    wordWrap: true,
    wrapOnWordBoundary: false,
    style: { head: [], border: [] },
  });
  for (const resource of report.resources) {
    const wanted = explanation.lines.filter(({ section }) => section === sectionOf[resource.resource]);
    table.push([
      `${resource.resource}\n${styleText(colour(resource), resource.outcome)}`,
      resource.changes.map(({ action, target }) => `${mark[action]} ${target}`).join('\n'),
      wanted
        .map(({ subject, value }) => (subject.endsWith(value) ? subject : `${subject}: ${value}`))
        .join('\n'),
      [...new Set(wanted.flatMap(({ sources }) => sources.map(sourceText)))].join('\n'),
    ]);
  }
  return table.toString();
}

function colour({ outcome }: Resource): 'green' | 'red' | 'dim' {
  if (outcome === 'changed') return 'green';
  return outcome === 'failed' ? 'red' : 'dim';
}

function sourceText({ kind, name, record, field }: Source): string {
  switch (kind) {
    case 'inventory':
      return `CMDB ${record}: ${field}`;
    case 'directory':
      return `LDAP ${record}: ${field}`;
    case 'policy':
      return `policy ${name.split('/').at(-1) ?? name} ${field}: ${record}`;
  }
}
