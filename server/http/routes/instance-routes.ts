import type { InstanceDetail, InstanceList } from '../../../schemas/types/api.ts';
import { parseInstanceId } from '../../domain/identifiers.ts';
import { novaRecord } from '../../nova/nova-records.ts';
import type { ProgressSelection } from '../../store/ports/failures.ts';
import type { AppPorts } from '../app-ports.ts';
import type { InstanceAccess } from '../instances/instance-access.ts';
import { instanceSummary, unsaid } from '../instances/instance-view.ts';
import {
  booleanParameter,
  integerParameter,
  type QueryParameter,
  textParameter,
} from '../query-parameter.ts';
import { defineRoute, jsonResponse, type Route } from '../route.ts';

const selectionKeys = ['name', 'project', 'site', 'owner', 'tag', 'osFamily', 'hypervisor'] as const;

/** Listing and showing instances. */
export function instanceRoutes(ports: AppPorts, access: InstanceAccess): readonly Route[] {
  const { store } = ports;
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/instances',
      operationId: 'listInstances',
      tag: 'instances',
      summary: 'List instances, in order of UUID, page by page.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      query: {
        name: patternParameter('Name of the instance.'),
        project: patternParameter('Project.'),
        site: patternParameter('Site.'),
        owner: patternParameter('Owner.'),
        tag: patternParameter('One of the tags.'),
        osFamily: patternParameter('OS family.'),
        hypervisor: patternParameter('Host that the instance is placed on.'),
        pending: booleanParameter(
          'Only instances whose newest generation is not applied, or only the others.',
        ),
        failed: booleanParameter('Only instances whose newest generation failed, or only the others.'),
        held: booleanParameter('Only instances of which something is held back, or only the others.'),
        removed: booleanParameter('Also list instances that the CMDB does not list any more.'),
        after: textParameter(
          'UUID that the page starts after: `next` of the page before.',
          { type: 'string', format: 'uuid' },
          parseInstanceId,
          'give the UUID that the page before named as next',
        ),
        limit: integerParameter('Most instances to return; 100 if absent.', 1, 1000),
      },
      successes: [
        {
          status: 200,
          description: 'One page.',
          content: { mediaType: 'application/json', schema: 'api.instanceList' },
        },
      ],
      handle: async ({ query }) => {
        const selection: Record<string, string> = {};
        for (const key of selectionKeys) {
          const pattern = query[key];
          if (pattern !== undefined) selection[key] = pattern;
        }
        const page = await store.instances({
          selection,
          progress: progressOf(query),
          includeRemoved: query.removed ?? false,
          after: query.after,
          limit: query.limit ?? 100,
        });
        const body: InstanceList = { instances: page.instances.map(instanceSummary), next: page.next };
        return jsonResponse(body);
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/instances/{id}',
      operationId: 'showInstance',
      tag: 'instances',
      summary: 'Show an instance with its record, where it came from, and its last report.',
      description:
        'A removed instance is shown too: `summary.removedAt` says since when the CMDB does not list it.',
      access: { minimum: 'viewer', hypervisor: 'own' },
      successes: [
        {
          status: 200,
          description: 'The instance.',
          content: { mediaType: 'application/json', schema: 'api.instanceDetail' },
        },
      ],
      handle: async (exchange) => {
        const instance = await access.find(exchange);
        const [lastReport] = await store.reports(instance.id, 1);
        const { newest } = instance;
        const generation = newest === null ? undefined : await store.generation(instance.id, newest);
        const nova = await novaRecord(store, instance.id);
        const body: InstanceDetail = {
          summary: instanceSummary(instance),
          record: instance.record,
          source: { inventory: instance.inventory, record: instance.locator },
          firstSeenAt: instance.firstSeenAt,
          lastReport: lastReport ?? null,
          ...(instance.replay === undefined ? {} : { replay: instance.replay }),
          ...(instance.quarantine.length === 0 ? {} : { quarantine: [...instance.quarantine] }),
          ...unsaid(generation),
          ...(nova === undefined ? {} : { nova }),
        };
        return jsonResponse(body);
      },
    }),
  ];
}

function progressOf({
  pending,
  failed,
  held,
}: {
  readonly pending: boolean | undefined;
  readonly failed: boolean | undefined;
  readonly held: boolean | undefined;
}): ProgressSelection {
  return {
    ...(pending === undefined ? {} : { pending }),
    ...(failed === undefined ? {} : { failed }),
    ...(held === undefined ? {} : { held }),
  };
}

/** The characters of CMDB labels and `*`. */
const patternForm = '^[A-Za-z0-9._:/@=+*-]+$';

function patternParameter(description: string): QueryParameter<string> {
  const allowed = new RegExp(patternForm);
  return textParameter(
    `${description} A literal, or a pattern with * for any characters.`,
    { type: 'string', minLength: 1, maxLength: 255, pattern: patternForm },
    (text) => (text.length <= 255 && allowed.test(text) ? text : undefined),
    'give letters, digits, . _ : / @ = + - and * for any characters',
  );
}
