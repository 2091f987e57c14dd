import { parseArgs } from 'node:util';
import type { EnrolRequest } from './enrol/enrol-request.ts';

/** A command of which people type the options, where they like. */
export type OptionsCommand =
  | {
      readonly kind: 'join';
      readonly configurationFile: string;
      /** Of the configuration if undefined. */
      readonly server: string | undefined;
      readonly host: string | undefined;
      /** File with the one-time token; `-`: standard input. */
      readonly tokenFile: string;
    }
  | { readonly kind: 'enrol'; readonly configurationFile: string; readonly request: EnrolRequest }
  | { readonly kind: 'help' }
  | { readonly kind: 'unknown'; readonly message: string };

/** Names of {@link OptionsCommand}. */
export const optionsCommands: readonly string[] = ['join', 'enrol', 'unenrol'];

/** Reads the arguments after the command's name. */
export function parseOptionsCommand(
  name: string,
  args: readonly string[],
  defaultConfigurationFile: string,
): OptionsCommand {
  try {
    return name === 'join'
      ? joinCommand(args, defaultConfigurationFile)
      : enrolCommand(name, args, defaultConfigurationFile);
  } catch (error) {
    return unknown(`${name}: ${error instanceof Error ? error.message : 'the arguments are wrong'}`);
  }
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const common = { config: text, help: flag } as const;

function joinCommand(args: readonly string[], defaultConfigurationFile: string): OptionsCommand {
  const { values } = parseArgs({
    args: [...args],
    options: { ...common, server: text, host: text, 'token-file': text },
  });
  if (values.help === true) return { kind: 'help' };
  const tokenFile = values['token-file'];
  // Not as an argument: every user of the host can read those.
  if (tokenFile === undefined) return unknown('join needs --token-file FILE, or - for standard input');
  return {
    kind: 'join',
    configurationFile: values.config ?? defaultConfigurationFile,
    server: values.server,
    host: values.host,
    tokenFile,
  };
}

function enrolCommand(
  name: string,
  args: readonly string[],
  defaultConfigurationFile: string,
): OptionsCommand {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...common,
      pattern: { type: 'string', multiple: true },
      all: flag,
      'dry-run': flag,
      yes: flag,
      json: flag,
    },
  });
  if (values.help === true) return { kind: 'help' };
  const { pattern: patterns = [], all = false } = values;
  if (positionals.length === 0 && patterns.length === 0 && !all) {
    return unknown(`${name} needs DOMAIN…, --pattern GLOB or --all`);
  }
  return {
    kind: 'enrol',
    configurationFile: values.config ?? defaultConfigurationFile,
    request: {
      action: name === 'enrol' ? 'enrol' : 'unenrol',
      domains: positionals,
      patterns,
      all,
      dryRun: values['dry-run'] ?? false,
      yes: values.yes ?? false,
      json: values.json ?? false,
    },
  };
}

function unknown(message: string): OptionsCommand {
  return { kind: 'unknown', message };
}
