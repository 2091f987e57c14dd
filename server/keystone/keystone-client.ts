import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { createLimiter } from '../drive/limiter.ts';
import { HttpFailure } from '../inventory/http-client/http-failure.ts';
import type { ServerAddress } from '../inventory/http-client/server-address.ts';
import { createTransport, type TransportAnswer } from '../inventory/http-client/transport.ts';
import type { Keystone, KeystoneCaller } from './keystone.ts';
import { readTokenAnswer } from './token-answer.ts';
import { createTokenMemory } from './token-memory.ts';

/** Our own account at Keystone. */
export interface KeystoneCredential {
  readonly user: string;
  readonly userDomain: string;
  readonly password: string;
  /** Undefined: a token for the system is asked for. */
  readonly project: { readonly name: string; readonly domain: string } | undefined;
}

/** How Keystone is asked. */
export interface KeystoneOptions {
  /** Of the identity API, ending in `/v3`. */
  readonly address: ServerAddress;
  /** CA certificates in PEM; the system's where undefined. */
  readonly ca: string | undefined;
  readonly credential: KeystoneCredential;
  /** Milliseconds for one request. */
  readonly timeoutMs: number;
  /** Milliseconds for which a good token is not asked about again. */
  readonly cacheMs: number;
}

/** Milliseconds until a token must have been looked at, renewal of ours included: Nova waits five seconds. */
const wholeMs = 4000;
const answerBytes = 1024 * 1024;
/** Requests at a time: a thousand boots come with one token. */
const concurrency = 8;
/** Different tokens that may wait for an answer: beyond it somebody is guessing. */
const mostWaiting = 64;

/** Asks Keystone over HTTP. Connects when it is first asked. */
export function createKeystoneClient(
  { clock }: { readonly clock: Clock },
  options: KeystoneOptions,
): Keystone {
  const { address, credential } = options;
  const bounds = { connectMs: options.timeoutMs, operationMs: options.timeoutMs, bodyBytes: answerBytes };
  const transport = createTransport(address, { ca: options.ca, client: undefined }, bounds);
  const url = new URL(`${address.url.pathname.replace(/\/+$/, '')}/auth/tokens`, address.url);
  const memory = createTokenMemory({ clock }, options.cacheMs);
  const limit = createLimiter(concurrency);
  const waiting = new Map<string, Promise<KeystoneCaller | undefined>>();
  let own: Promise<string> | undefined;

  async function send(
    method: 'GET' | 'POST',
    headers: Readonly<Record<string, string>>,
    { body, signal }: { readonly body?: string; readonly signal?: AbortSignal } = {},
  ): Promise<TransportAnswer> {
    const always = { accept: 'application/json', 'accept-encoding': 'identity' };
    const at = method === 'GET' ? new URL(`${url.href}?nocatalog`) : url;
    const request = { method, url: at, headers: { ...always, ...headers }, body };
    try {
      return await transport.send(request, signal ?? new AbortController().signal);
    } catch (error) {
      if (!(error instanceof HttpFailure))
        throw unavailable('did not answer in time', 'check the server', error);
      throw unavailable(error.message, error.remedy, error);
    }
  }

  async function logIn(): Promise<string> {
    const body = JSON.stringify(loginRequest(credential));
    const answer = await send('POST', { 'content-type': 'application/json' }, { body });
    const token = answer.headers['x-subject-token'];
    if (answer.status === 201 && typeof token === 'string' && isToken(token)) return token;
    if (answer.status === 401) {
      throw unavailable('refuses our account (401)', 'check nova.keystone.user and passwordFile');
    }
    throw unavailable(
      `gave no token to our account (${answer.status})`,
      'check nova.keystone.url and its log',
    );
  }

  /** One log-in for all that wait for it; a failed one is tried again by the next that asks. */
  function ownToken(): Promise<string> {
    own ??= logIn().catch((error: unknown) => {
      own = undefined;
      throw error;
    });
    return own;
  }

  async function show(subject: string): Promise<TransportAnswer> {
    const signal = AbortSignal.timeout(wholeMs);
    const headers = { 'x-subject-token': subject };
    const ours = ownToken();
    const answer = await send('GET', { ...headers, 'x-auth-token': await ours }, { signal });
    if (answer.status !== 401) return answer;
    // Ours has expired or was revoked. Who came second finds it renewed.
    if (own === ours) own = undefined;
    return await send('GET', { ...headers, 'x-auth-token': await ownToken() }, { signal });
  }

  async function ask(token: string): Promise<KeystoneCaller | undefined> {
    const answer = await show(token);
    if (answer.status === 404) return undefined;
    if (answer.status === 401 || answer.status === 403) {
      throw unavailable(
        `does not let our account look at tokens (${answer.status})`,
        'give it the role service or admin, or reader on the system',
      );
    }
    if (answer.status !== 200) throw unavailable(`answered ${answer.status}`, 'look into its log');
    const caller = readTokenAnswer(answer.body);
    if (caller === undefined) {
      throw unavailable('gave an answer that is not one of the identity API', 'check nova.keystone.url');
    }
    return caller.expiresAt > clock.now() ? caller : undefined;
  }

  return {
    caller: async (token) => {
      if (!isToken(token)) return undefined;
      const known = memory.recall(token);
      if (known !== undefined) return known.caller;
      const running = waiting.get(token);
      if (running !== undefined) return await running;
      if (waiting.size >= mostWaiting) {
        throw new AppError('too-many-requests', 'too many tokens of Keystone to look at; try again');
      }
      const work = limit(() => ask(token))
        .then((caller) => {
          memory.keep(token, caller);
          return caller;
        })
        .finally(() => waiting.delete(token));
      waiting.set(token, work);
      return await work;
    },
    close: () => transport.close(),
  };
}

/** Fernet, JWS and UUID tokens: what a header can carry, and no more. */
function isToken(text: string): boolean {
  return /^[A-Za-z0-9._=-]{8,4096}$/.test(text);
}

/** Identity API v3, "Password authentication with scoped authorization". */
function loginRequest({ user, userDomain, password, project }: KeystoneCredential): unknown {
  return {
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: user, domain: { name: userDomain }, password } },
      },
      scope:
        project === undefined
          ? { system: { all: true } }
          : { project: { name: project.name, domain: { name: project.domain } } },
    },
  };
}

function unavailable(what: string, remedy: string, cause?: unknown): AppError {
  return new AppError('identity-unavailable', `Keystone ${what}: ${remedy}`, { cause });
}
