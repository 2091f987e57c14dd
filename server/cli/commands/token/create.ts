import { open, rm } from 'node:fs/promises';
import { Option } from 'commander';
import type { Role, TokenCreated, TokenRequest } from '../../../../schemas/types/api.ts';
import api from '../../../../schemas/v1/api.json' with { type: 'json' };
import { AppError } from '../../../domain/errors.ts';
import { parseJoinMinutes } from '../../arguments/number-options.ts';
import { parseTime } from '../../arguments/time-option.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import type { Page } from '../../output/page.ts';
import { styled } from '../../output/span.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';

interface TokenCreateFlags extends OutputFlags, ConnectionFlags {
  readonly role?: Role;
  readonly hypervisor?: string;
  readonly join?: string;
  readonly minutes?: number;
  readonly expires?: string;
  readonly secretFile?: string;
}

/** `ubugi token create`: a new token. Its secret is shown this once, or written to a file instead. */
export function tokenCreateCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'create',
    summary: 'create a token',
    description:
      'Creates a token and prints its secret, this once: the server keeps a hash of it only. With --secret-file the secret goes into a new file of mode 0600 and is not printed.',
    examples: [
      {
        purpose: 'for a person, for ninety days',
        line: 'ubugi token create alice --role operator --expires 90d',
      },
      {
        purpose: 'for a hypervisor, without showing the secret',
        line: 'ubugi token create hv-01 --role hypervisor --hypervisor hv-01 --secret-file hv-01.token',
      },
      {
        purpose: 'for a hypervisor to get its credential itself, once, within the hour',
        line: 'ubugi token create hv-01 --join hv-01 --secret-file hv-01.join',
      },
    ],
  })
    .argument('<name>', 'whose token it is, as the audit trail will say')
    .addOption(
      new Option('--role <role>', 'what it may do').choices(
        api.$defs.role.enum.filter((role) => role !== 'join'),
      ),
    )
    .option('--join <host>', 'instead of --role: the host that joins with it, once (ubugi-hypervisor join)')
    .option('--minutes <n>', 'how long a token of --join waits for its host (default: 60)', parseJoinMinutes)
    .option('--hypervisor <host>', 'the host that a token of role hypervisor is for')
    .option(
      '--expires <time>',
      'when it ends: 2026-12-31, 2026-12-31T12:00:00Z, or a distance such as 90d (default: never)',
      (text) => parseTime(text, runtime.dependencies.clock.now(), 1),
    )
    .option('--secret-file <file>', 'write the secret to this new file instead of printing it')
    .option('--json', 'print one JSON document')
    .action(async (name: string, flags: TokenCreateFlags) => {
      await runtime.runWithServer(flags, async (client, output) => {
        const { secretFile } = flags;
        const request = requestOf(name, flags, runtime.dependencies.clock.now());
        const create = async (): Promise<TokenCreated> => await client.createToken(request);
        if (secretFile === undefined) {
          const created = await create();
          output.result(created, (page) => {
            renderCreated(page, created);
          });
        } else {
          const { token } = await createIntoFile(create, secretFile);
          output.result({ token, secretFile }, (page) => {
            page.line(`token ${token.id} (${token.name}, ${token.role}): its secret is in ${secretFile}`);
          });
        }
      });
    });
  addConnectionFlags(command);
  return command;
}

function requestOf(
  name: string,
  { role, hypervisor, expires, join, minutes }: TokenCreateFlags,
  now: Date,
): TokenRequest {
  if (join !== undefined) {
    if (role !== undefined || hypervisor !== undefined || expires !== undefined) {
      throw new AppError('request-invalid', 'give --join HOST with --minutes only: its role and end are set');
    }
    const expiresAt = new Date(now.getTime() + (minutes ?? 60) * 60_000).toISOString();
    return { name, role: 'join', hypervisor: join, expiresAt };
  }
  if (minutes !== undefined) throw new AppError('request-invalid', 'give --minutes with --join HOST only');
  if (role === undefined) throw new AppError('request-invalid', 'give --role ROLE, or --join HOST');
  if ((role === 'hypervisor') !== (hypervisor !== undefined)) {
    throw new AppError(
      'request-invalid',
      'give --hypervisor HOST with --role hypervisor, and with no other role',
    );
  }
  return {
    name,
    role,
    ...(hypervisor === undefined ? {} : { hypervisor }),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  };
}

/** The file is opened first: a secret that cannot be kept is not created. */
async function createIntoFile(create: () => Promise<TokenCreated>, file: string): Promise<TokenCreated> {
  const handle = await onDisk(file, async () => await open(file, 'wx', 0o600));
  try {
    const created = await create();
    await onDisk(file, async () => {
      await handle.writeFile(`${created.secret}\n`);
      await handle.sync();
    });
    return created;
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function onDisk<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new AppError(
      'storage-failed',
      `cannot write ${file} (${(error as NodeJS.ErrnoException).code}): name a file that does not exist yet, in a folder that you may write to`,
      { cause: error },
    );
  }
}

function renderCreated(page: Page, { token, secret }: TokenCreated): void {
  page.line(`token ${token.id} (${token.name}, ${token.role}), expires ${token.expiresAt ?? 'never'}`);
  page.blank();
  page.line('  ', styled('bold', secret));
  page.blank();
  page.line(styled('dim', 'This is the only time it is shown. Keep it in a file of mode 0600.'));
}
