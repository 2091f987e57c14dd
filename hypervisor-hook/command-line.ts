import { type OptionsCommand, optionsCommands, parseOptionsCommand } from './command-options.ts';

/** What the command line asks for. */
export type Command =
  | {
      readonly kind: 'hook';
      readonly source: 'libvirt' | 'proxmox';
      /** Name of a domain, or number of a machine of Proxmox VE. */
      readonly domain: string;
      /** libvirt's operation and sub-operation, such as `prepare begin`; a phase of Proxmox VE, such as `pre-start`. */
      readonly phase: string;
      readonly configurationFile: string;
    }
  | { readonly kind: 'check-config'; readonly configurationFile: string }
  | { readonly kind: 'watch'; readonly configurationFile: string }
  | { readonly kind: 'status'; readonly configurationFile: string; readonly json: boolean }
  | { readonly kind: 'version' }
  | OptionsCommand;

/** Where the configuration lies if neither `--config` nor UBUGI_HYPERVISOR_CONFIG says otherwise. */
export const defaultConfigurationFile = '/etc/ubugi/hypervisor.yaml';

/** What `--help` prints. */
export const usage = `Usage: ubugi-hypervisor COMMAND [--config FILE]

Commands:
  hook [--] DOMAIN OPERATION SUB-OPERATION EXTRA
                 what libvirt's qemu.d hook runs, with the domain's XML on standard input
  hook-proxmox VMID PHASE
                 what the hookscript of Proxmox VE runs
  join --token-file FILE|- [--server URL] [--host HOST]
                 get this host its own credential with a one-time token (ubugi token create NAME --join HOST)
  enrol DOMAIN… [--pattern GLOB] [--all] [--dry-run] [--yes] [--json]
                 give domains of libvirt a config drive and a report channel; shows what changes, and asks
  unenrol DOMAIN… [--pattern GLOB] [--all] [--dry-run] [--yes] [--json]
                 take both away again
  watch          the daemon of this host: keeps drives and media up to date, and passes guests' reports on
  status [--json]
                 what the daemon does: server, machines, what is pending; status 0 only while it runs
  check-config   check the configuration and every file that it names
  version        print the version

The configuration is ${defaultConfigurationFile}, or what UBUGI_HYPERVISOR_CONFIG or --config names.

Examples:
  ubugi-hypervisor check-config
  ubugi-hypervisor join --token-file hv-07.join
  ubugi-hypervisor enrol --pattern 'web-*'
  ubugi-hypervisor status --json
  virsh dumpxml web-01 | ubugi-hypervisor hook web-01 prepare begin -
`;

/**
 * Reads the arguments after the program's name. Options stand before the first other argument of a command; after
 * \`--\` nothing is an option, so that a domain may have any name.
 */
export function parseCommandLine(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const [name, ...rest] = argv;
  const configured = environment['UBUGI_HYPERVISOR_CONFIG'] ?? defaultConfigurationFile;
  if (name !== undefined && optionsCommands.includes(name))
    return parseOptionsCommand(name, rest, configured);
  let json = false;
  let configurationFile = configured;
  while (rest[0]?.startsWith('--') === true) {
    const option = rest.shift();
    if (option === '--') break;
    if (option === '--help') return { kind: 'help' };
    if (option === '--json' && name === 'status') {
      json = true;
      continue;
    }
    const value = option === '--config' ? rest.shift() : option?.replace(/^--config=/, '');
    if (value === undefined || value === option)
      return unknown(`option ${option} is not known or has no value`);
    configurationFile = value;
  }
  switch (name) {
    case 'hook': {
      const [domain, operation, subOperation] = rest;
      if (domain === undefined || operation === undefined || subOperation === undefined) {
        return unknown('hook needs DOMAIN OPERATION SUB-OPERATION');
      }
      const phase = `${operation} ${subOperation}`;
      return { kind: 'hook', source: 'libvirt', domain, phase, configurationFile };
    }
    case 'hook-proxmox': {
      const [domain, phase] = rest;
      if (domain === undefined || phase === undefined) return unknown('hook-proxmox needs VMID PHASE');
      return { kind: 'hook', source: 'proxmox', domain, phase, configurationFile };
    }
    case 'check-config':
      return rest.length === 0
        ? { kind: 'check-config', configurationFile }
        : unknown('check-config takes no argument but --config FILE');
    case 'watch':
      return rest.length === 0
        ? { kind: 'watch', configurationFile }
        : unknown('watch takes no argument but --config FILE');
    case 'status':
      return rest.length === 0
        ? { kind: 'status', configurationFile, json }
        : unknown('status takes no argument but --json and --config FILE');
    case 'version':
    case '--version':
      return { kind: 'version' };
    case 'help':
    case '--help':
    case '-h':
      return { kind: 'help' };
    case undefined:
    default:
      return unknown(name === undefined ? 'no command is given' : `command ${name} is not known`);
  }
}

function unknown(message: string): Command {
  return { kind: 'unknown', message };
}
