import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';

type SudoRule = GuestConfiguration['sudo']['rules'][number];

/**
 * The cloud-config that makes stock cloud-init do what our agent does with the same guest configuration: the peer of
 * the bench. Network and DNS are in the drive's own network_data.json. Groups get no gid: cloud-config has no way to
 * say one.
 * @param scripts content of the guest's scripts, in order
 */
export function peerCloudConfig(guest: GuestConfiguration, scripts: readonly string[]): string {
  const groupName = new Map(guest.groups.map((group) => [group.gid, group.name]));
  const settings = {
    hostname: guest.hostname.name,
    fqdn: guest.hostname.fqdn,
    manage_etc_hosts: true,
    locale: 'C.UTF-8',
    // Our agent leaves the host keys alone.
    ssh_deletekeys: false,
    groups: guest.groups.map((group) => group.name),
    users: guest.accounts.map((account) => ({
      name: account.name,
      uid: account.uid,
      gecos: account.gecos,
      homedir: account.home,
      shell: account.shell,
      primary_group: groupName.get(account.gid),
      groups: [
        ...guest.groups.filter((group) => group.members.includes(account.name)).map((group) => group.name),
        ...(account.extraGroups ?? []),
      ],
      lock_passwd: true,
      ssh_authorized_keys: account.keys.map((key) => `${key.type} ${key.key} ${key.comment ?? ''}`),
    })),
    ntp: {
      enabled: true,
      ntp_client: 'chrony',
      servers: guest.ntp.servers ?? [],
      pools: guest.ntp.pools ?? [],
    },
    write_files: [
      ...guest.files.map((file) => ({
        path: file.path,
        permissions: file.mode,
        owner: `${file.owner}:${file.group}`,
        content: file.content,
      })),
      {
        path: '/etc/sudoers.d/peer',
        permissions: '0440',
        content: `${guest.sudo.rules.map(sudoersLine).join('\n')}\n`,
      },
    ],
    runcmd: scripts.map((script) => ['sh', '-c', script]),
  };
  return `#cloud-config\n${JSON.stringify(settings)}\n`;
}

function sudoersLine(rule: SudoRule): string {
  const commands = rule.commands.map(({ command, arguments: given }) =>
    given === undefined ? command : `${command} ${given}`,
  );
  const tags = (rule.tags ?? []).map((tag) => `${tag}: `).join('');
  return `${rule.users.join(', ')} ALL = ${tags}${commands.join(', ')}`;
}
