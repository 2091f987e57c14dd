import type { Command } from 'commander';
import { parseSeconds } from '../arguments/number-options.ts';

/** Where and how to reach the server, as flags give it. */
export interface ConnectionFlags {
  readonly server?: string;
  readonly socket?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  /** Seconds. */
  readonly timeout?: number;
}

/** Adds the flags of {@link ConnectionFlags} to a command. There is none for the token: argv is readable by all. */
export function addConnectionFlags(command: Command): void {
  command
    .optionsGroup('Connection:')
    .option(
      '--server <url>',
      'server to talk to, https:// (http:// for a loopback address only) [UBUGI_SERVER]',
    )
    .option('--token-file <file>', 'file that holds the token [UBUGI_TOKEN, UBUGI_TOKEN_FILE]')
    .option('--ca-file <file>', 'CA certificates in PEM to trust instead of the system’s [UBUGI_CA_FILE]')
    .option(
      '--socket <path>',
      'local socket of a server on this host, no token needed (default: /run/ubugi/server.sock) [UBUGI_SOCKET]',
    )
    .option(
      '--timeout <seconds>',
      'give up on an answer after this long (default: 30; 300 for drive)',
      parseSeconds,
    );
}
