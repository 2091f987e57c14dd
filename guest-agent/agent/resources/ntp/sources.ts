import type { Ntp } from '../../../../schemas/types/common.ts';
import { disabledLine } from '../../rendering/disabled.ts';
import { domainName, guard } from '../../rendering/guard.ts';

const server =
  /^([0-9a-fA-F.:]{2,45}|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*)$/;

/** Lines of chrony.conf(5) for the wanted sources. */
export function renderSources({ servers = [], pools = [] }: Ntp): readonly string[] {
  return [
    ...servers.map((value) => `server ${guard('ntp.servers[]', value, server)} iburst`),
    ...pools.map((value) => `pool ${guard('ntp.pools[]', value, domainName)} iburst`),
  ];
}

/** Configuration with its own sources put into comments, since no directive takes one back; those that DHCP gives too. */
export function withoutOwnSources(text: string): string {
  const own =
    /^[ \t]*(?:(?:server|pool|peer)[ \t](?![ \t]*127\.127\.)|sourcedir[ \t]+\/(?:var\/)?run\/).*$/gim;
  return text.replaceAll(own, disabledLine);
}
