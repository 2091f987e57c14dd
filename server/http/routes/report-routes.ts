import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { AppError } from '../../domain/errors.ts';
import type { AppPorts } from '../app-ports.ts';
import type { InstanceAccess } from '../instances/instance-access.ts';
import { requestInvalid } from '../problem.ts';
import { defineRoute, type Route } from '../route.ts';

const reportLimit = 256 * 1024;

/** Taking what guests and hypervisors say they did. */
export function reportRoutes(ports: AppPorts, access: InstanceAccess): readonly Route[] {
  const { store, clock, validators } = ports;
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/instances/{id}/reports',
      operationId: 'sendReport',
      tag: 'instances',
      summary: 'Send what a guest or hypervisor did with a generation.',
      description: [
        'Moves the attached or applied generation. A guest has no token: the hypervisor that it runs on',
        'passes its report on, or an operator does.',
      ].join(' '),
      access: { minimum: 'operator', hypervisor: 'own' },
      body: {
        schema: 'agent-report',
        validator: validators.agentReport,
        limit: reportLimit,
        optional: false,
      },
      successes: [{ status: 204, description: 'The report is stored.' }],
      failures: { 409: 'The name is ambiguous, or the instance has no such generation.' },
      handle: async (exchange) => {
        const { principal, body } = exchange;
        const instance = await access.find(exchange);
        if (body.instance !== instance.id) {
          throw requestInvalid('body', [
            {
              pointer: '/instance',
              message: 'is another instance than that of the path',
              remedy: `send it to /v1/instances/${body.instance}/reports`,
            },
          ]);
        }
        if (instance.newest === null || body.generation > instance.newest) {
          throw new AppError(
            'conflict',
            `instance ${instance.record.name} (${instance.id}) has no generation ${body.generation}; its newest is ${instance.newest ?? 'none'}`,
          );
        }
        const at = clock.now().toISOString();
        await store.transaction(async (transaction) => {
          await transaction.saveReport(body, at);
          if (principal.hypervisor !== null) await transaction.seeHypervisor(principal.hypervisor, at);
          await transaction.appendEvent({
            at,
            actor: principal.actor,
            action: 'report-received',
            instance: instance.id,
            reason: reasonOf(body),
            details: { generation: body.generation, origin: body.origin, outcome: body.outcome },
          });
        });
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

function reasonOf(report: AgentReport): string {
  return report.reason ?? `${report.origin} reports generation ${report.generation} ${report.outcome}`;
}
