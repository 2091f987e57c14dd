import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createTransport } from '../../../server/inventory/http-client/transport.ts';

const bounds = { connectMs: 3000, operationMs: 10_000, bodyBytes: 1000 };
let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  if (server !== undefined) await once(server, 'close');
  server = undefined;
});

test('a name that turns out to be this machine is refused unless the URL says so', async () => {
  let requests = 0;
  server = createServer((_, response) => {
    requests += 1;
    response.end('x');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://localhost:${(server.address() as AddressInfo).port}/api/`);
  const get = async (mayBeLocal: boolean): Promise<number> => {
    const transport = createTransport(
      { url, shown: url.href, mayBeLocal },
      { ca: undefined, client: undefined },
      bounds,
    );
    try {
      const request = { method: 'GET', url, headers: {}, body: undefined } as const;
      return (await transport.send(request, new AbortController().signal)).status;
    } finally {
      transport.close();
    }
  };
  await expect(get(false)).rejects.toThrow('leads to a loopback or link-local address');
  expect(requests).toBe(0);
  expect(await get(true)).toBe(200);
});
