import type { AppPorts } from '../app-ports.ts';
import type { HypervisorGate } from '../hypervisors/hypervisor-gate.ts';
import type { InstanceAccess } from '../instances/instance-access.ts';
import { createReportReceiver } from '../reports/report-receiver.ts';
import { defineRoute, type Route } from '../route.ts';

const reportLimit = 256 * 1024;

/** Taking what guests and hypervisors say they did. */
export function reportRoutes(
  ports: AppPorts,
  access: InstanceAccess,
  gate: HypervisorGate,
): readonly Route[] {
  const receiver = createReportReceiver(ports, access, gate);
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/instances/{id}/reports',
      operationId: 'sendReport',
      tag: 'instances',
      summary: 'Send what a guest or hypervisor did with a generation.',
      description: [
        'Moves the attached or applied generation; the newest reports of each instance are kept (`reporting.keep`).',
        'A guest sends its own with the one-time token of its drive (`ubugi/report.json`), good for one report of its',
        'instance about that generation, or about a drive that it refused; the answer brings the token for the next.',
        'The same report sent again with the same token, because the answer was lost, gets the same answer and is not',
        'stored twice. Without network its hypervisor passes a report on.',
      ].join(' '),
      access: { minimum: 'operator', hypervisor: 'own', guest: true },
      body: {
        schema: 'agent-report',
        validator: ports.validators.agentReport,
        limit: reportLimit,
        optional: false,
      },
      successes: [
        {
          status: 200,
          description: 'The report of a guest is stored.',
          content: { mediaType: 'application/json', schema: 'api.reportReceipt' },
        },
        { status: 204, description: 'The report is stored.' },
      ],
      failures: {
        401: 'No token, one that is unknown, expired or revoked, or a guest’s that was used for another report.',
        409: 'The name is ambiguous, or the instance has no such generation.',
        429: 'Too many reports of this instance at a time.',
      },
      handle: (exchange) => receiver.receive(exchange),
    }),
  ];
}
