import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, createServer as createSocketServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppError } from '../../server/domain/errors.ts';
import { bindSocket } from '../../server/http/socket-file.ts';
import { startApiServer, web01 } from './api-server.ts';

describe('the local socket', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-socket-'));
    path = join(folder, 'run', 'server.sock');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function bound() {
    const server = createServer((_, response) => response.end('ours'));
    return { server, socket: await bindSocket(server, path) };
  }

  it('can be opened by its owner only, and so can its folder', async () => {
    const { server, socket } = await bound();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o700);
    server.close();
    await socket.remove();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('takes the place of one whose server was killed', async () => {
    await mkdir(join(folder, 'run'));
    // Exits without closing, as a kill does: the file stays.
    const script =
      'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';
    await execa(process.execPath, ['-e', script, path], { reject: false, timeout: 20_000 });
    expect((await stat(path)).isSocket()).toBe(true);
    const { server, socket } = await bound();
    expect(await answerOf(path)).toContain('ours');
    server.close();
    await socket.remove();
  });

  it('is not taken from a server that lives', async () => {
    const first = await bound();
    const before = await stat(path);
    await expect(bound()).rejects.toMatchObject({ code: 'conflict' } satisfies Partial<AppError>);
    expect((await stat(path)).ino).toBe(before.ino);
    expect(await answerOf(path)).toContain('ours');
    first.server.close();
    await first.socket.remove();
  });

  it.each(['a file', 'a link to a file', 'a dangling link'])('does not replace %s', async (kind) => {
    await mkdir(join(folder, 'run'));
    const file = join(folder, 'precious');
    if (kind !== 'a dangling link') await writeFile(file, 'precious');
    if (kind === 'a file') await writeFile(path, 'precious');
    else await symlink(file, path);
    await expect(bound()).rejects.toMatchObject({ code: 'conflict' } satisfies Partial<AppError>);
  });

  it('is not removed at the end where another server has put its own', async () => {
    const { server, socket } = await bound();
    await rm(path);
    const other = createSocketServer();
    other.listen(path);
    await once(other, 'listening');
    server.close();
    await socket.remove();
    expect((await stat(path)).isSocket()).toBe(true);
    other.close();
  });
});

describe('connections', () => {
  it('stop gracefully: what is under way is answered, idle ones do not hold the server up', async () => {
    // A drain that would outlast the test if anything waited for it.
    const server = await startApiServer([web01], { drainMs: 3_600_000 });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reading = new Promise<void>((started) => {
      server.meanwhile = async () => {
        started();
        await held;
      };
    });
    // Kept alive by the client: idle once it is answered.
    const connection = connect({ path: server.socket });
    const answered = textUntil(connection, '"state":"succeeded"');
    connection.write('POST /v1/sync HTTP/1.1\r\nHost: ubugi\r\nContent-Length: 0\r\n\r\n');
    await reading;
    const stopped = server.stopListening();
    await vi.waitFor(async () => {
      await expect(server.send('GET', '/healthz')).rejects.toThrow('ECONNREFUSED');
    });
    release();
    expect(await answered).toMatch(/^HTTP\/1.1 200/);
    await stopped;
    connection.destroy();
    await server.close();
  });

  it('that take nothing of an answer end', async () => {
    const server = await startApiServer([web01], { stallMs: 200, drainMs: 3_600_000 });
    const token = await server.token('operator', 'slow');
    const { hostname, port } = new URL(server.url);
    const connection = connect({ host: hostname, port: Number(port) });
    connection.on('error', () => {});
    await once(connection, 'connect');
    connection.pause();
    // More than the buffers of both ends hold, as no byte is taken.
    const line = `GET /v1/instances/${web01.id}/drive HTTP/1.1\r\nHost: ubugi\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    connection.write(line.repeat(100));
    await expect(server.stopListening()).resolves.toBeUndefined();
    connection.destroy();
    await server.close();
  });

  it.each([
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n'],
    ['a host that is none', 'GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n'],
    ['two lengths', 'POST /v1/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    [
      'a length and chunks',
      'POST /v1/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header that is too long', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`],
    ['a method that fetch forbids', 'TRACE /healthz HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a tunnel', 'CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['no HTTP', '\u0016\u0003\u0001\u0002\u0000'],
  ])('with %s serve nothing and leave the server well', async (_, text) => {
    const server = await startApiServer([web01]);
    const { hostname, port } = new URL(server.url);
    const connection = connect({ host: hostname, port: Number(port) });
    connection.on('error', () => {});
    let received = '';
    connection.on('data', (data: Buffer) => {
      received += data.toString();
      // An answer that keeps the connection alive.
      if (received.includes('\r\n\r\n')) connection.end();
    });
    const closed = new Promise((resolve) => connection.once('close', resolve));
    connection.write(text);
    await closed;
    expect(received).toMatch(/^(HTTP\/1.1 4\d\d|$)/);
    expect(received).not.toContain('"ok"');
    expect((await server.local('GET', '/healthz')).status).toBe(200);
    await server.close();
  });
});

function textUntil(connection: Socket, mark: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    connection.on('data', (data: Buffer) => {
      text += data.toString();
      if (text.includes(mark)) resolve(text);
    });
    connection.on('error', reject);
    connection.on('close', () => {
      reject(new Error(`the connection closed after: ${text}`));
    });
  });
}

async function answerOf(path: string): Promise<string> {
  const connection = connect({ path });
  connection.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  return await textUntil(connection, 'ours');
}
