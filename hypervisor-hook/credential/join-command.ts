import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Validators } from '../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../schemas/validation/yaml-document.ts';
import type { OptionsCommand } from '../command-options.ts';
import { loadConfiguration } from '../configuration/load-configuration.ts';
import { systemErrorCode } from '../drive-files/read-regular-file.ts';
import { createTransport } from '../metadata-server/transport.ts';
import { oneLine } from '../process/one-line.ts';
import { readAll } from '../process/standard-input.ts';
import { createAnnounceSecret } from './announce-secret.ts';
import { joinHost } from './join-host.ts';

/** What the command needs of the process. */
export interface JoinCommandPorts {
  readonly validators: Validators;
  readonly userAgent: string;
  /** Shows one line to people. */
  readonly say: (line: string) => void;
}

const mostTokenBytes = 4096;

/** `ubugi-hypervisor join`: gives this host its own credential, once. @returns the exit status */
export async function joinCommand(
  command: Extract<OptionsCommand, { kind: 'join' }>,
  { validators, userAgent, say }: JoinCommandPorts,
): Promise<number> {
  const fail = (line: string): number => {
    say(oneLine(`ubugi-hypervisor: ${line}`));
    return 1;
  };
  const reading = await loadConfiguration(
    resolve(command.configurationFile),
    validators.hypervisorConfiguration,
  );
  if (reading.kind === 'invalid') {
    for (const problem of reading.problems) say(formatFileProblem(problem));
    return 1;
  }
  const { server, host: configured } = reading.configuration;
  // The hook and the daemon follow the configuration: a credential of another server or host would be of no use.
  if (command.server !== undefined && !isSameServer(command.server, server.url)) {
    return fail(`--server is not the configuration's server.url, ${server.url.href}; correct one of them`);
  }
  const host = configured ?? hostname();
  if (command.host !== undefined && command.host !== host) {
    return fail(`--host is not this host's name, ${host}; set host in the configuration to ${command.host}`);
  }

  let joinToken: string;
  try {
    const text =
      command.tokenFile === '-'
        ? await readAll(process.stdin, mostTokenBytes)
        : await readFile(command.tokenFile, 'utf8');
    joinToken = text?.trim() ?? '';
  } catch (error) {
    return fail(`the token file ${command.tokenFile} cannot be read (${systemErrorCode(error)})`);
  }
  if (!/^ubugi_[A-Za-z0-9_-]{43}$/.test(joinToken)) {
    return fail(
      `${command.tokenFile === '-' ? 'standard input' : command.tokenFile} holds no join token; make one with ubugi token create NAME --join ${host}`,
    );
  }

  const transport = await createTransport(server.url, server.caFile).catch(() => undefined);
  if (transport === undefined) return fail('the CA certificates cannot be read; run check-config');
  const outcome = await joinHost(createAnnounceSecret(transport, { host, userAgent }), {
    joinToken,
    file: server.tokenFile,
  });
  if (outcome.kind === 'failed') return fail(`${host} has not joined: ${outcome.reason}`);
  const end = outcome.expiresAt?.toISOString() ?? 'never';
  say(
    `${host} has joined: its credential is in ${server.tokenFile}, ends ${end}, and is renewed by ubugi-hypervisor watch`,
  );
  return 0;
}

function isSameServer(text: string, url: URL): boolean {
  return URL.canParse(text) && new URL(text).href === url.href;
}
