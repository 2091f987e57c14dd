import type { Policy } from '../../../schemas/types/policy.ts';
import { type Company, opsTag } from './company.ts';

/** The company's policy: some 100 rules of access by project, site and tag, and as many for sudo. */
export function makePolicy(company: Company): Policy {
  const { projects, sites, specialists, ops } = company;
  return {
    defaults: {
      domain: 'example.com',
      dns: { servers: ['10.255.0.53', '10.255.1.53'], search: ['example.com'] },
      ntp: { pools: ['pool.ntp.example.com'] },
    },
    sites: Object.fromEntries(
      [...sites.keys()].map((site, index) => [
        site,
        {
          domain: `${site}.example.com`,
          dns: {
            servers: [`10.254.${index}.53`, '10.255.0.53'],
            search: [`${site}.example.com`, 'example.com'],
          },
          ntp: { servers: [`ntp1.${site}.example.com`, `ntp2.${site}.example.com`] },
        },
      ]),
    ),
    access: [
      ...[...projects].map(([project, group]) => ({
        name: `people of ${project}`,
        match: { project: [project] },
        groups: [group.name],
        extraGroups: ['adm'],
      })),
      ...[...sites].map(([site, group]) => ({
        name: `on call for ${site}`,
        match: { site: [site] },
        groups: [group.name],
        extraGroups: ['adm', 'systemd-journal'],
      })),
      ...[...specialists].map(([tag, group]) => ({
        name: `specialists of ${tag}`,
        match: { tags: [tag] },
        groups: [group.name],
      })),
      { name: 'operations', match: { tags: [opsTag] }, groups: [ops.name], shell: '/bin/bash' },
    ],
    sudo: [
      ...[...projects.keys()].map((project) => ({
        name: `rights of ${project}`,
        match: { project: [project] },
        roles: [`${project}.*`],
      })),
      ...[...sites.keys()].map((site) => ({
        name: `rights on call for ${site}`,
        match: { site: [site] },
        roles: [`${site}.oncall`],
      })),
      { name: 'rights of operations', match: { tags: [opsTag] }, roles: ['ops.*'] },
    ],
    files: [
      {
        path: '/etc/motd',
        content: 'This machine belongs to Example. What you do on it is recorded.\n',
      },
      {
        match: { tags: ['pci'] },
        path: '/etc/issue.net',
        content: 'Authorised people only.\n',
      },
    ],
    scripts: [
      {
        name: 'register',
        match: { tags: ['monitoring', 'production'] },
        timeoutSeconds: 30,
        content: '#!/bin/sh\nset -eu\nmkdir -p /var/lib/example\ndate >/var/lib/example/dressed\n',
      },
    ],
  };
}
