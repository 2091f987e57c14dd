import { createHash } from 'node:crypto';
import type { SourceLine } from '../../schemas/types/api.ts';
import type {
  Bond,
  KeyOptions,
  PublicKey,
  SudoCommand,
  SudoDefault,
  SudoRule,
} from '../../schemas/types/common.ts';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import type { IdentityValue, OwnPart, PayloadValue, SudoValue } from './compose/composition.ts';
import { type LinkSettings, networkLinks } from './network-links.ts';

/** One statement of a guest configuration: the unit of `diff` and of `explain`. */
export type GuestLine = Omit<SourceLine, 'sources'>;

/** Sections of a guest configuration, in their order. */
export const guestSections = [
  'instance',
  'hostname',
  'network',
  'dns',
  'ntp',
  'failure',
  'guest',
  'groups',
  'accounts',
  'keys',
  'sudo',
  'files',
  'scripts',
] as const satisfies readonly GuestLine['section'][];

/** A guest configuration as single statements, in the order of its sections. Section and subject identify a line. */
export function guestLines(guest: GuestConfiguration): readonly GuestLine[] {
  return [...ownLines(guest), ...identityLines(guest), ...sudoLines(guest.sudo), ...payloadLines(guest)];
}

/**
 * Lines by section and subject, in their order. Two rules of one role (or two equal keys) are told apart by their place
 * among their equals.
 */
export function linesByIdentity<Line extends GuestLine>(lines: readonly Line[]): Map<string, Line> {
  const byIdentity = new Map<string, Line>();
  for (const line of lines) {
    let identity = `${line.section}\0${line.subject}`;
    while (byIdentity.has(identity)) identity += '\0';
    byIdentity.set(identity, line);
  }
  return byIdentity;
}

/** Lines of what a guest configuration has of its own instance. */
export function ownLines(own: OwnPart): readonly GuestLine[] {
  return [
    ...instanceLines(own),
    ...hostLines(own),
    ...networkLines(own),
    ...serverLines(own),
    ...failureLines(own),
    ...handlingLines(own),
  ];
}

/** Fingerprint of a public key as `ssh-keygen -l` prints it. */
export function keyFingerprint(key: PublicKey): string {
  const digest = createHash('sha256').update(Buffer.from(key.key, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

/** Subject of a key's line: account and fingerprint. */
export function keySubject(account: string, key: PublicKey): string {
  return `${account} ${keyFingerprint(key)}`;
}

/** Subject of one membership: group and member. */
export function memberSubject(group: string, member: string): string {
  return `${group} member ${member}`;
}

function instanceLines(guest: OwnPart): readonly GuestLine[] {
  return Object.entries(guest.instance).map(([subject, value]) => ({ section: 'instance', subject, value }));
}

function hostLines({ hostname }: OwnPart): readonly GuestLine[] {
  const lines: GuestLine[] = [{ section: 'hostname', subject: 'name', value: hostname.name }];
  if (hostname.fqdn !== undefined) lines.push({ section: 'hostname', subject: 'fqdn', value: hostname.fqdn });
  return lines;
}

function networkLines({ network }: OwnPart): readonly GuestLine[] {
  const lines: GuestLine[] = [];
  for (const { subject: of, ...named } of networkLinks(network)) {
    const settings: LinkSettings = named.link;
    const add = (subject: string, value: string) =>
      lines.push({ section: 'network', subject: `${of} ${subject}`, value });
    if (named.kind === 'interface') add('interface', named.link.name ?? of);
    else if (named.kind === 'bond') addBond(named.link, add);
    else add('vlan', `${named.link.id} on ${named.link.link}`);
    for (const address of settings.addresses ?? []) add(`address ${address}`, address);
    if (settings.gateway4 !== undefined) add('gateway4', settings.gateway4);
    if (settings.gateway6 !== undefined) add('gateway6', settings.gateway6);
    if (settings.mtu !== undefined) add('mtu', String(settings.mtu));
    if (settings.dhcp4 === true) add('dhcp4', 'yes');
    if (settings.dhcp6 === true) add('dhcp6', 'yes');
    for (const route of settings.routes ?? []) {
      const metric = route.metric === undefined ? '' : ` metric ${route.metric}`;
      add(`route ${route.to} via ${route.via}`, `${route.to} via ${route.via}${metric}`);
    }
  }
  return lines;
}

function addBond(bond: Bond, add: (subject: string, value: string) => void): void {
  add('bond', bond.mode);
  for (const member of bond.members) add(`member ${member}`, member);
  if (bond.mac !== undefined) add('mac', bond.mac);
  if (bond.miimon !== undefined) add('miimon', `${bond.miimon} ms`);
  if (bond.lacpRate !== undefined) add('lacpRate', bond.lacpRate);
  if (bond.xmitHashPolicy !== undefined) add('xmitHashPolicy', bond.xmitHashPolicy);
}

/** Servers and search domains carry their place: the order matters to resolvers. */
function serverLines({ dns, ntp }: OwnPart): readonly GuestLine[] {
  const list = (section: 'dns' | 'ntp', kind: string, values: readonly string[] | undefined): GuestLine[] =>
    (values ?? []).map((value, index) => ({ section, subject: `${kind} ${index + 1}`, value }));
  return [
    ...list('dns', 'server', dns.servers),
    ...list('dns', 'search', dns.search),
    ...list('ntp', 'server', ntp.servers),
    ...list('ntp', 'pool', ntp.pools),
  ];
}

function failureLines({ onFailure }: OwnPart): readonly GuestLine[] {
  return onFailure === undefined ? [] : [{ section: 'failure', subject: 'onFailure', value: onFailure }];
}

function handlingLines(own: OwnPart): readonly GuestLine[] {
  const { delivery, network, adoptAccounts, sessions, repairMinutes, driveDays } = own;
  const line = (subject: string, value: string | undefined): GuestLine[] =>
    value === undefined ? [] : [{ section: 'guest', subject, value }];
  return [
    ...line('delivery', delivery),
    ...line('network', network.live === true ? 'changed while running' : undefined),
    ...line('adoptAccounts', adoptAccounts === true ? 'yes' : undefined),
    ...line('sessions', sessions === undefined ? undefined : sessionsText(sessions)),
    ...line('repairMinutes', repairMinutes === undefined ? undefined : `every ${repairMinutes} min`),
    ...line('driveDays', driveDays === undefined ? undefined : `${driveDays} days`),
  ];
}

function sessionsText({ keep, endAfterMinutes }: NonNullable<OwnPart['sessions']>): string {
  return keep === true ? 'kept' : `ended after ${endAfterMinutes ?? 0} min`;
}

/** Lines of accounts and groups. */
export function identityLines({ groups, accounts }: IdentityValue): readonly GuestLine[] {
  const lines: GuestLine[] = [];
  for (const group of groups) {
    lines.push({ section: 'groups', subject: group.name, value: `gid ${group.gid}` });
    for (const member of group.members) {
      lines.push({ section: 'groups', subject: memberSubject(group.name, member), value: member });
    }
  }
  for (const account of accounts) {
    const extra = account.extraGroups?.length ? ` groups ${account.extraGroups.join(',')}` : '';
    const until = account.notAfter === undefined ? '' : ` until ${account.notAfter}`;
    const keysOnly = account.exclusiveKeys === true ? ' exclusive keys' : '';
    const breakGlass = account.breakGlass === true ? ' break-glass' : '';
    lines.push({
      section: 'accounts',
      subject: account.name,
      value: `uid ${account.uid} gid ${account.gid} home ${account.home} shell ${account.shell} (${account.gecos})${extra}${until}${keysOnly}${breakGlass}`,
    });
  }
  for (const account of accounts) {
    for (const key of account.keys) {
      lines.push({
        section: 'keys',
        subject: keySubject(account.name, key),
        value: [key.type, key.comment, keyOptionsSummary(key.options)].filter(Boolean).join(' '),
      });
    }
  }
  return lines;
}

/** Options in the manner of authorized_keys(5), for people; the guest agent renders the real line. */
function keyOptionsSummary(options: KeyOptions | undefined): string {
  if (options === undefined) return '';
  const parts = [...(options.flags ?? [])].map(String);
  if (options.from !== undefined) parts.push(`from=${options.from.join(',')}`);
  if (options.command !== undefined) parts.push(`command=${options.command}`);
  if (options.expiryTime !== undefined) parts.push(`expiry-time=${options.expiryTime}`);
  return `(${parts.join(' ')})`;
}

/** Lines of the settings and the rules of sudo. */
export function sudoLines({ defaults = [], rules }: SudoValue): readonly GuestLine[] {
  return [
    ...defaults.map(
      (setting): GuestLine => ({
        section: 'sudo',
        subject: `Defaults ${setting.option}${setting.operator ?? ''}`,
        value: sudoDefaultSummary(setting),
      }),
    ),
    ...rules.map(
      (rule, index): GuestLine => ({
        section: 'sudo',
        subject: rule.role,
        value: `${index + 1}. ${sudoSummary(rule)}`,
      }),
    ),
  ];
}

/** A setting in the manner of sudoers(5), for people; the guest agent renders the real line. */
function sudoDefaultSummary({ option, negated, operator, value }: SudoDefault): string {
  if (negated === true) return `!${option}`;
  return value === undefined ? option : `${option}${operator ?? '='}${value}`;
}

/** A rule in the manner of sudoers(5), for people; the guest agent renders the real line. */
function sudoSummary(rule: SudoRule): string {
  const runAs =
    rule.runAsUsers === undefined && rule.runAsGroups === undefined
      ? 'root'
      : [rule.runAsUsers?.join(',') ?? '', rule.runAsGroups?.join(',')]
          .filter((part) => part !== undefined)
          .join(':');
  const settings = (
    [
      ['ROLE', rule.selinuxRole],
      ['TYPE', rule.selinuxType],
      ['TIMEOUT', rule.timeoutSeconds],
      ['CWD', rule.cwd],
      ['CHROOT', rule.chroot],
    ] as const
  )
    .map(([name, value]) => (value === undefined ? '' : `${name}=${value} `))
    .join('');
  const tags = (rule.tags ?? []).map((tag) => `${tag}: `).join('');
  const validity = [
    rule.notBefore === undefined ? '' : ` from ${rule.notBefore}`,
    rule.notAfter === undefined ? '' : ` until ${rule.notAfter}`,
  ].join('');
  return `${rule.users.join(',')} ALL=(${runAs}) ${settings}${tags}${rule.commands.map(commandSummary).join(', ')}${validity}`;
}

function commandSummary(command: SudoCommand): string {
  const digests = command.digests?.length ? `${command.digests.join(', ')} ` : '';
  const parameters =
    command.arguments === undefined ? '' : ` ${command.arguments === '' ? '""' : command.arguments}`;
  return `${command.negated === true ? '!' : ''}${digests}${command.command}${parameters}`;
}

/** Lines of files and scripts. */
export function payloadLines({
  files,
  scripts,
}: Pick<PayloadValue, 'files' | 'scripts'>): readonly GuestLine[] {
  return [
    ...files.map(
      (file): GuestLine => ({
        section: 'files',
        subject: file.path,
        value: `${file.mode} ${file.owner}:${file.group} sha256 ${createHash('sha256').update(file.content).digest('hex')}`,
      }),
    ),
    ...scripts.map(
      (script): GuestLine => ({
        section: 'scripts',
        subject: script.name,
        value: `sha256 ${script.sha256} timeout ${script.timeoutSeconds} s`,
      }),
    ),
  ];
}
