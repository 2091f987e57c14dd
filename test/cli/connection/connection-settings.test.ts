import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ConnectionSettings,
  defaultSocket,
  describeAddress,
  resolveConnection,
} from '../../../server/cli/connection/connection-settings.ts';

const fileToken = `ubugi_${'f'.repeat(43)}`;
const otherToken = `ubugi_${'o'.repeat(43)}`;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-connection-'));
  await save('token', `${fileToken}\n`);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function save(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

function summary({ address, token }: ConnectionSettings): readonly [string, string | undefined] {
  return [describeAddress(address), token];
}

describe('resolveConnection', () => {
  it('takes the local socket without a token where nothing is said', async () => {
    expect(summary(await resolveConnection({}, {}, [join(folder, 'none.yaml')]))).toEqual([
      defaultSocket,
      undefined,
    ]);
  });

  it('prefers flags to the environment, that to the user’s file, that to the host’s', async () => {
    const user = await save('user.yaml', 'server: https://user.example\ntokenFile: token\n');
    const host = await save('host.yaml', 'server: https://host.example\ntokenFile: token\n');
    const environment = { UBUGI_SERVER: 'https://env.example', UBUGI_TOKEN: otherToken };
    const flags = { server: 'https://flag.example' };
    expect(summary(await resolveConnection(flags, environment, [user, host]))).toEqual([
      'https://flag.example',
      otherToken,
    ]);
    expect(summary(await resolveConnection({}, environment, [user, host]))).toEqual([
      'https://env.example',
      otherToken,
    ]);
    expect(summary(await resolveConnection({}, {}, [user, host]))).toEqual([
      'https://user.example',
      fileToken,
    ]);
    expect(summary(await resolveConnection({}, {}, [join(folder, 'none'), host]))).toEqual([
      'https://host.example',
      fileToken,
    ]);
  });

  it('lets a socket flag win over a server in the environment', async () => {
    const settings = await resolveConnection(
      { socket: '/tmp/x.sock' },
      { UBUGI_SERVER: 'https://env.example' },
      [],
    );
    expect(summary(settings)).toEqual(['/tmp/x.sock', undefined]);
  });

  it('never sends the token of a file to a server that another place names', async () => {
    const user = await save('user.yaml', 'server: https://user.example\ntokenFile: token\n');
    await expect(resolveConnection({ server: 'https://other.example' }, {}, [user])).rejects.toMatchObject({
      code: 'unauthorized',
    });
  });

  it.each([
    ['ftp://x.example', /no URL/],
    ['ubugi.example', /no URL/],
    ['https://x.example/?a=1', /no URL/],
    ['https://user:pass@x.example', /holds credentials/],
    ['http://ubugi.example', /clear text/],
    ['http://127.evil.example', /clear text/],
  ])('refuses the server %s', async (server, message) => {
    await expect(resolveConnection({ server }, { UBUGI_TOKEN: otherToken }, [])).rejects.toThrow(message);
  });

  it.each(['http://127.0.0.1:7480', 'http://[::1]:7480', 'http://localhost:7480'])(
    'takes %s',
    async (server) => {
      expect(summary(await resolveConnection({ server }, { UBUGI_TOKEN: otherToken }, []))).toEqual([
        server,
        otherToken,
      ]);
    },
  );

  it('refuses a token file that everyone can read', async () => {
    const tokenFile = await save('open', fileToken, 0o644);
    await expect(resolveConnection({ server: 'https://x.example', tokenFile }, {}, [])).rejects.toThrow(
      `run \`chmod 600 ${tokenFile}\``,
    );
  });

  it('refuses what is no token without repeating it', async () => {
    const tokenFile = await save('key', '-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n');
    const failure = resolveConnection({ server: 'https://x.example', tokenFile }, {}, []);
    await expect(failure).rejects.toThrow(/does not hold a token/);
    await expect(failure).rejects.not.toThrow(/secret\n|BEGIN/);
  });

  it('names all problems of a file with their lines', async () => {
    const path = await save('bad.yaml', 'server: https://x.example\nsocket: /run/x\ntoken: abc\ncaFile: 7\n');
    await expect(resolveConnection({}, {}, [path])).rejects.toMatchObject({
      code: 'configuration-invalid',
      details: {
        problems: [
          { record: 'line 2', field: '/socket' },
          { record: 'line 3', field: '/token' },
          { record: 'line 4', field: '/caFile' },
        ],
      },
    });
  });

  it('refuses both a server and a socket from one place', async () => {
    await expect(resolveConnection({ server: 'https://x.example', socket: '/x' }, {}, [])).rejects.toThrow(
      /both a server and a socket/,
    );
  });

  it('refuses CA certificates that are none', async () => {
    const caFile = await save('ca.pem', 'nothing');
    await expect(
      resolveConnection({ server: 'https://x.example', caFile }, { UBUGI_TOKEN: otherToken }, []),
    ).rejects.toThrow(/holds no certificate/);
  });
});
