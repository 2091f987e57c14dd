import type { AppPorts } from '../app-ports.ts';
import { createHypervisorPresence } from '../hypervisor-presence.ts';
import { createHostAccess } from '../hypervisors/host-access.ts';
import { createHypervisorGate } from '../hypervisors/hypervisor-gate.ts';
import { createInstanceAccess } from '../instances/instance-access.ts';
import { openApiDocument } from '../openapi/openapi-document.ts';
import type { Route } from '../route.ts';
import { auditRoutes } from './audit-routes.ts';
import { baseDriveRoutes } from './base-drive-routes.ts';
import { changeRoutes } from './change-routes.ts';
import { driveRoutes } from './drive-routes.ts';
import { exchangeRoutes } from './exchange-routes.ts';
import { generationRoutes } from './generation-routes.ts';
import { heartbeatRoutes } from './heartbeat-routes.ts';
import { hypervisorRoutes } from './hypervisor-routes.ts';
import { instanceRoutes } from './instance-routes.ts';
import { joiningRoutes } from './joining-routes.ts';
import { operationRoutes } from './operation-routes.ts';
import { placementRoutes } from './placement-routes.ts';
import { replayRoutes } from './replay-routes.ts';
import { reportRoutes } from './report-routes.ts';
import { rolloutRoutes } from './rollout-routes.ts';
import { runRoutes } from './run-routes.ts';
import { signerRoutes } from './signer-routes.ts';
import { syncRoutes } from './sync-routes.ts';
import { tokenRoutes } from './token-routes.ts';
import { vendorDataRoutes } from './vendordata-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** The route table: every route that the server has. */
export function allRoutes(ports: AppPorts): readonly Route[] {
  const gate = createHypervisorGate(ports);
  const access = createInstanceAccess(ports, gate);
  const presence = createHypervisorPresence(ports);
  const hostAccess = createHostAccess(ports, presence);
  const routes: readonly Route[] = [
    ...instanceRoutes(ports, access),
    ...generationRoutes(ports, access),
    ...driveRoutes(ports, access, presence),
    ...baseDriveRoutes(ports, access, presence),
    ...replayRoutes(ports, access),
    ...exchangeRoutes(ports),
    ...signerRoutes(ports),
    ...reportRoutes(ports, access, gate),
    ...vendorDataRoutes(ports),
    ...syncRoutes(ports, access),
    ...runRoutes(ports),
    ...rolloutRoutes(ports),
    ...webhookRoutes(ports),
    ...hypervisorRoutes(ports),
    ...joiningRoutes(ports),
    ...changeRoutes(ports, hostAccess),
    ...heartbeatRoutes(ports, hostAccess, presence),
    ...placementRoutes(ports, access),
    ...auditRoutes(ports),
    ...tokenRoutes(ports),
    ...operationRoutes(ports, () => openApiDocument(routes)),
  ];
  return routes;
}
