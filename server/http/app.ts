import { type Context, Hono } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import { AppError } from '../domain/errors.ts';
import type { AppPorts } from './app-ports.ts';
import { authenticate } from './authenticate.ts';
import { type CredentialUse, createCredentialUse } from './joining/credential-use.ts';
import { keystonePrincipal } from './keystone-principal.ts';
import { localPrincipal, type Principal, requireAccess, unknownPrincipal } from './principal.ts';
import { ProtocolError, problemResponse } from './problem.ts';
import type { Route } from './route.ts';
import { allRoutes } from './routes/all-routes.ts';

/** What a listener tells the app of a connection. */
export interface Listener {
  /** The request came in over the Unix socket, which only those who may administrate can open. */
  readonly local: boolean;
}

interface AppEnvironment {
  Bindings: Listener;
  Variables: { requestId: string; principal: Principal; route: string; routine: boolean };
}

/** The HTTP API. */
export type App = Hono<AppEnvironment>;

/**
 * Creates the HTTP API. Every request is authenticated before anything else, also where there is no route; only routes
 * of access `signature` do so themselves. Headers that a proxy would set (X-Forwarded-For and the like) mean nothing here.
 */
export function createApp(ports: AppPorts): App {
  // The trie compares path segments; Hono's default builds one regular expression of all routes.
  const app: App = new Hono<AppEnvironment>({ router: new TrieRouter() });
  app.use(async (context, next) => observe(ports, context, next));
  const routes = allRoutes(ports);
  const credentialUse = createCredentialUse(ports);
  for (const route of routes.filter(({ access }) => access.minimum === 'signature')) {
    app.on(route.method, honoPath(route.path), async (context) => {
      context.set('route', route.path);
      const path = context.req.param();
      return route.handle({ request: context.req.raw, principal: unknownPrincipal, path });
    });
  }
  app.use(async (context, next) => {
    context.set('principal', await principalOf({ ...ports, credentialUse }, context));
    await next();
  });

  for (const route of routes.filter(({ access }) => access.minimum !== 'signature')) {
    app.on(route.method, honoPath(route.path), async (context) => {
      context.set('route', route.path);
      context.set('routine', route.routine === true);
      const principal = context.get('principal');
      requireAccess(principal, route.access);
      return route.handle({ request: context.req.raw, principal, path: context.req.param() });
    });
  }
  for (const [path, methods] of methodsByPath(routes)) {
    app.all(honoPath(path), (context) => {
      context.set('route', path);
      throw new ProtocolError(405, `this resource takes ${methods.join(', ')} only`, {
        Allow: methods.join(', '),
      });
    });
  }
  app.notFound(() => {
    throw new AppError('not-found', 'there is no such resource; GET /openapi.json lists what there is');
  });
  app.onError((error, context) => {
    const requestId = context.get('requestId');
    if (!(error instanceof AppError) || error.cause !== undefined) {
      ports.log.error({ err: error, requestId }, 'request failed');
    }
    return problemResponse(error, requestId);
  });
  return app;
}

/** One log line and one count a request; headers that every answer has. */
async function observe(
  { log, metrics, random }: AppPorts,
  context: Context<AppEnvironment>,
  next: () => Promise<void>,
): Promise<void> {
  const requestId = random.uuid();
  context.set('requestId', requestId);
  const started = performance.now();
  await next();
  const { res: response, req: request } = context;
  response.headers.set('X-Content-Type-Options', 'nosniff');
  if (!response.headers.has('Cache-Control')) response.headers.set('Cache-Control', 'no-store');
  const ms = performance.now() - started;
  const route = context.get('route') ?? 'unmatched';
  const method = knownMethods.find((known) => known === request.method) ?? 'other';
  metrics.countRequest(method, route, response.status, ms / 1000);
  const isRoutine = context.get('routine') && response.status < 400;
  log[isRoutine ? 'debug' : 'info'](
    {
      requestId,
      method,
      route,
      status: response.status,
      ms: Math.round(ms * 10) / 10,
      actor: context.get('principal')?.actor ?? null,
    },
    'request',
  );
}

/** Others would be labels that a stranger chooses. */
const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** A token counts on the socket too, so that one can be tried there. */
async function principalOf(
  ports: AppPorts & { readonly credentialUse: CredentialUse },
  context: Context<AppEnvironment>,
): Promise<Principal> {
  const authorization = context.req.raw.headers.get('authorization');
  const keystoneToken = context.req.raw.headers.get('x-auth-token');
  if (authorization === null && keystoneToken !== null && ports.keystone !== undefined) {
    return await keystonePrincipal(keystoneToken, ports.keystone);
  }
  if (authorization === null && context.env?.local) return localPrincipal;
  return authenticate(authorization, ports);
}

function honoPath(template: string): string {
  return template.replaceAll('{', ':').replaceAll('}', '');
}

function methodsByPath(routes: readonly Route[]): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes) {
    const known = methods.get(path) ?? [];
    known.push(...(method === 'GET' ? ['GET', 'HEAD'] : [method]));
    methods.set(path, known);
  }
  return methods;
}
