import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAnsweringServer } from './answering-server.ts';
import { instanceList, webSummary } from './bodies.ts';
import { driveHeaders } from './documented-answers.ts';
import { runUbugi } from './run-ubugi.ts';

const main = join(import.meta.dirname, '../../server/main.ts');
const token = `ubugi_${'t'.repeat(43)}`;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-process-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('an interrupt', () => {
  it('ends a download with 130 and leaves nothing behind', async () => {
    const asked = Promise.withResolvers<void>();
    const server = await startAnsweringServer(() => {
      asked.resolve();
      // Fewer bytes than announced: the download stays under way.
      return { bytes: Buffer.alloc(10), headers: { ...driveHeaders, 'content-length': '1000' } };
    });
    try {
      const child = execa(
        process.execPath,
        [main, 'drive', 'web-01', '--out', join(folder, 'web.iso'), '--socket', server.socket],
        { reject: false, timeout: 50_000 },
      );
      await asked.promise;
      child.kill('SIGINT');
      const { exitCode, stderr } = await child;
      expect([exitCode, stderr]).toEqual([130, 'interrupted']);
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await server.close();
    }
  });
});

describe('a reader that goes away', () => {
  it('ends the command with 141 and without a word', async () => {
    const instances = Array.from({ length: 5000 }, () => webSummary);
    const server = await startAnsweringServer(() => ({ json: { instances, next: null } }));
    try {
      const child = execa(process.execPath, [main, 'list', '--json', '--socket', server.socket], {
        reject: false,
        buffer: { stdout: false },
        timeout: 50_000,
      });
      await once(child.stdout, 'readable');
      child.stdout.destroy();
      const { exitCode, stderr } = await child;
      expect([exitCode, stderr]).toEqual([141, '']);
    } finally {
      await server.close();
    }
  });
});

describe('TLS', () => {
  it('is accepted with the CA that --ca-file names, and refused without', async () => {
    const [keyFile, caFile] = [join(folder, 'key.pem'), join(folder, 'ca.pem')];
    const subject = ['-subj', '/CN=ubugi test', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const request = ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-days', '2', ...subject];
    await execa('openssl', [...request, '-keyout', keyFile, '-out', caFile]);
    const server = createServer(
      { key: await readFile(keyFile), cert: await readFile(caFile) },
      (_, answer) => {
        answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(instanceList));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const port = (server.address() as AddressInfo).port;
      const environment = { UBUGI_SERVER: `https://127.0.0.1:${port}`, UBUGI_TOKEN: token };
      const refused = await runUbugi(['list'], environment);
      expect(refused).toMatchObject({ exitCode: 9, stderr: expect.stringContaining('--ca-file FILE') });
      expect(await runUbugi(['list', '--ca-file', caFile], environment)).toMatchObject({
        exitCode: 0,
        stderr: '',
      });

      const otherName = { ...environment, UBUGI_SERVER: `https://localhost:${port}`, UBUGI_CA_FILE: caFile };
      expect(await runUbugi(['list'], otherName)).toMatchObject({
        exitCode: 9,
        stderr: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('the user’s configuration file', () => {
  it('names server and token', async () => {
    const server = await startAnsweringServer(() => ({ json: instanceList }));
    try {
      await mkdir(join(folder, '.config', 'ubugi'), { recursive: true });
      await writeFile(
        join(folder, '.config', 'ubugi', 'cli.yaml'),
        `server: ${server.url}\ntokenFile: token\n`,
      );
      await writeFile(join(folder, '.config', 'ubugi', 'token'), token, { mode: 0o600 });
      expect(await runUbugi(['list'], { HOME: folder })).toMatchObject({ exitCode: 0, stderr: '' });
      expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${token}`);
    } finally {
      await server.close();
    }
  });
});

describe('check-config', () => {
  it('prints every problem with file and line, and exits with 7', async () => {
    const file = join(folder, 'server.yaml');
    await writeFile(file, 'store: { kind: sqlite }\nsinging: {}\n');
    const { stdout, stderr, exitCode } = await runUbugi(['check-config', '--config', file]);
    expect([exitCode, stdout]).toEqual([7, '']);
    expect(stderr).toContain(`${file}: line 2, /singing\n    is not a known field`);
    expect(stderr).toContain(`${file}: line 1`);

    const json = await runUbugi(['check-config', '--config', file, '--json']);
    expect(json.exitCode).toBe(7);
    expect(JSON.parse(json.stdout)).toMatchObject({ file, valid: false });
  });

  it('names a file that is not there', async () => {
    expect(await runUbugi(['check-config', '--config', join(folder, 'none.yaml')])).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining('none.yaml'),
    });
  });
});
