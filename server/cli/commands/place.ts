import { parseHost } from '../arguments/host-argument.ts';
import { parseInstance } from '../arguments/instance-argument.ts';
import { parseGrantMinutes } from '../arguments/number-options.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';

interface PlaceFlags extends OutputFlags, ConnectionFlags {
  readonly minutes: number;
  readonly reason?: string;
}

const usualMinutes = 15;

/** `ubugi place`: lets an instance move to another host. */
export function placeCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'place',
    summary: 'let an instance move to another hypervisor',
    description:
      'Lets another hypervisor fetch the drive of an instance for a while. When that hypervisor reports the drive as attached, the instance is on it, and the one before gets nothing any more.',
    examples: [
      { purpose: 'before a migration', line: 'ubugi place web-01 hv-02' },
      {
        purpose: 'for a long one, saying why',
        line: 'ubugi place web-01 hv-02 --minutes 60 --reason "hv-01 is being repaired"',
      },
    ],
  })
    .argument('<instance>', 'UUID or name', parseInstance)
    .argument('<host>', 'host name of the hypervisor that it moves to', parseHost)
    .option('--minutes <n>', 'how long, at most 60', parseGrantMinutes, usualMinutes)
    .option('--reason <text>', 'why, for the audit trail')
    .option('--json', 'print one JSON document')
    .action(async (instance: string, host: string, flags: PlaceFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const { minutes, reason } = flags;
        const request = { host, minutes, ...(reason === undefined ? {} : { reason }) };
        const grant = await output.progress(
          `granting ${instance} to ${host}`,
          async () => await api.place(instance, request),
        );
        output.result(grant, (page) => {
          const from = grant.from === null ? 'which no hypervisor has' : `now on ${grant.from}`;
          page.line(`${grant.host} may fetch the drive of ${grant.name}, ${from}, until ${grant.expiresAt}`);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}
