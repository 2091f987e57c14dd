import type { AppPorts } from '../app-ports.ts';
import { createVendordataAnswerer, vendordataLimit } from '../nova/vendordata-answerer.ts';
import { choiceParameter } from '../query-parameter.ts';
import { defineRoute, type Route } from '../route.ts';

/** Nova's dynamic vendor-data. */
export function vendorDataRoutes(ports: AppPorts): readonly Route[] {
  const answerer = createVendordataAnswerer(ports);
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/vendordata/nova',
      operationId: 'giveNovaVendorData',
      tag: 'instances',
      summary: 'Give Nova the vendor-data of an instance (DynamicJSON target).',
      description: [
        'The body is what Nova sends (`nova/api/metadata/vendordata_dynamic.py`): project-id, instance-id, image-id, user-data,',
        'hostname, metadata, boot-roles. The answer is the same for as long as the generation is: Nova asks five times a drive.',
        'An instance that the CMDB does not have gets `{}`, so that its boot does not fail, and an event.',
        'Nova’s own token of Keystone counts (`X-Auth-Token`, `nova.keystone`), or a bearer token of this server.',
      ].join(' '),
      access: { minimum: 'operator', hypervisor: 'no', nova: true },
      query: {
        form: choiceParameter(
          'What is answered: an object with facts and, under `cloud-init`, what starts our launcher (default), or that part alone as a string, for a target named `cloud-init`.',
          ['object', 'cloud-init'],
        ),
      },
      accepts: { contents: { 'application/json': 'api.novaRequest' }, limit: vendordataLimit },
      successes: [
        {
          status: 200,
          description: 'The vendor-data.',
          content: { mediaType: 'application/json', schema: 'api.novaVendorData' },
        },
      ],
      failures: {
        401: 'No token, one that is unknown, expired or revoked, here or at Keystone.',
        403: 'The caller has not the role, or its token is not for the project, that `nova` names.',
        429: 'Too many different tokens of Keystone at a time.',
        503: 'Keystone or the database does not answer, or the instance is new and CMDB or directory do not answer in time.',
      },
      handle: async ({ request, principal, query }) => {
        const body = await answerer.answer(request, principal, query.form ?? 'object');
        return new Response(new Uint8Array(body), { headers: { 'Content-Type': 'application/json' } });
      },
    }),
  ];
}
