import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createValidators, type Validators } from '../../schemas/validation/validator.ts';
import { type ServedSite, serveSite } from '../harness/served-site.ts';
import { runUbugi } from './run-ubugi.ts';

const validators = createValidators();
let site: ServedSite;

beforeAll(async () => {
  site = await serveSite();
});

afterAll(async () => {
  await site.stop();
});

/** The main job, command by command, each test on what the ones before it did. */
describe('ubugi against the real server', () => {
  it('announces where it listens', () => {
    expect(site.announced).toEqual([`listening on ${site.url}`, `listening on ${site.socket}`]);
    expect(site.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('check-config accepts what it serves', async () => {
    const { exitCode, stdout } = await site.ubugi(
      'check-config',
      '--config',
      join(site.folder, 'server.yaml'),
    );
    expect([exitCode, stdout]).toEqual([0, `valid  ${join(site.folder, 'server.yaml')}\n`]);
  });

  it('sync --dry-run shows what would come and changes nothing', async () => {
    const { exitCode, stdout } = await site.ubugi('sync', '--dry-run');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('dry run: nothing was changed');
    expect(stdout).toMatch(/web-01 {2}created/);
    expect((await site.ubugi('list')).stdout).toBe('no instance matches\n');
  });

  it('sync makes the first generations', async () => {
    const { exitCode, stdout } = await site.ubugi('sync');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^sync succeeded in .*: 3 instances, 3 created$/m);
  });

  it('list selects', async () => {
    const { stdout } = await site.ubugi('list', '--where', 'project=web', '--where', 'name=web-*', '--json');
    const list = JSON.parse(stdout) as { instances: { name: string }[] };
    expect(list.instances.map(({ name }) => name)).toEqual(['web-01', 'web-02']);
  });

  it.each<[Parameters<Validators['api']>[0], readonly string[]]>([
    ['instanceList', ['list', '--wide', '--limit', '2']],
    ['instanceDetail', ['show', 'web-01']],
    ['generationDiff', ['diff', 'web-01', '--to', '1']],
    ['explanation', ['explain', 'web-01']],
    ['timeline', ['history', 'web-01']],
    ['eventList', ['audit', '--since', '1h']],
    ['tokenList', ['token', 'list']],
    ['syncRun', ['regenerate-drive', 'web-01', '--dry-run']],
  ])('gives a %s in JSON, and text for people', async (definition, args) => {
    const json = await site.ubugi(...args, '--json');
    expect(json).toMatchObject({ exitCode: 0, stderr: '' });
    expect(validators.api(definition)(JSON.parse(json.stdout))).toMatchObject({ kind: 'valid' });
    const human = await site.ubugi(...args);
    expect(human).toMatchObject({ exitCode: 0, stderr: '' });
    expect(human.stdout).not.toBe('');
  });

  it('explain names the directory entry and the rule behind an account', async () => {
    const { stdout } = await runUbugi(['explain', 'web-01', 'accounts'], { UBUGI_SOCKET: site.socket });
    expect(stdout).toContain('uid=alice,ou=people,dc=example,dc=com');
    expect(stdout).toContain('web team on web servers');
  });

  it('drive fetches an image that verify accepts as signed by the key of trusted-signers', async () => {
    const out = join(site.folder, 'web-01.iso');
    const signers = join(site.folder, 'trusted_signers');
    expect(await site.ubugi('trusted-signers', '--out', signers)).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await site.ubugi('trusted-signers')).stdout).toBe(await readFile(signers, 'utf8'));
    expect(await site.ubugi('drive', 'web-01', '--out', out)).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const { exitCode, stdout, stderr } = await site.ubugi('verify', out, '--trusted-signers', signers);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`trusted by ${signers}`);
    expect(stdout).toContain('web-01.tokyo.example.com');
    expect(stdout).toContain('alice (');
  });

  it('regenerate-drive makes a new generation only where content changed, and diff shows it', async () => {
    const unchanged = await site.ubugi('regenerate-drive', '--where', 'project=web', '--json');
    expect(JSON.parse(unchanged.stdout)).toMatchObject({ counts: { instances: 2, unchanged: 2 } });

    const ldif = join(site.folder, 'directory.ldif');
    const before = await readFile(ldif, 'utf8');
    await writeFile(ldif, before.replace(/^loginShell: .*$/gm, 'loginShell: /bin/dash'));
    const changed = await site.ubugi('regenerate-drive', 'web-01', '--reason', 'smaller shell');
    expect(changed.exitCode).toBe(0);
    expect(changed.stdout).toMatch(/web-01 {2}changed {2}generation 2\n {2}accounts\n {4}~ {2}alice/);
    expect((await site.ubugi('diff', 'web-01')).stdout).toContain('/bin/dash');
    expect((await site.ubugi('history', 'web-01')).stdout).toMatch(/generation 2 .*smaller shell/);
  });

  it('a record that is not valid is a warning with its remedy', async () => {
    const file = join(site.folder, 'instances.yaml');
    const before = await readFile(file, 'utf8');
    await writeFile(file, before.replace('name: db-01', 'name: "../db"'));
    const { exitCode, stderr } = await site.ubugi('sync');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('warning: 1 instance is quarantined');
    expect((await site.ubugi('show', 'db-01')).stdout).toContain('quarantined');
  });

  it('names what is not there', async () => {
    expect(await site.ubugi('show', 'nobody')).toMatchObject({ exitCode: 3, stdout: '' });
    expect(await site.ubugi('diff', 'web-01', '--to', '99')).toMatchObject({ exitCode: 3 });
    expect(await site.ubugi('regenerate-drive', 'nobody')).toMatchObject({ exitCode: 3 });
  });

  it('a token of a role opens what the role may do, until it is revoked', async () => {
    const secretFile = join(site.folder, 'viewer.token');
    const create = ['token', 'create', 'viewer-1', '--role', 'viewer', '--expires', '1h'];
    const created = await site.ubugi(...create, '--secret-file', secretFile, '--json');
    expect(created).toMatchObject({ exitCode: 0, stderr: '' });
    const { token } = JSON.parse(created.stdout) as { token: { id: string } };
    const environment = { UBUGI_SERVER: site.url, UBUGI_TOKEN_FILE: secretFile };
    expect(await runUbugi(['list'], environment)).toMatchObject({ exitCode: 0 });
    expect(await runUbugi(['sync'], environment)).toMatchObject({ exitCode: 4 });
    expect((await site.ubugi('token', 'list')).stdout).toMatch(/viewer-1 +viewer .* valid$/m);
    expect(await site.ubugi('token', 'revoke', token.id)).toMatchObject({ exitCode: 0 });
    expect(await runUbugi(['list'], environment)).toMatchObject({ exitCode: 4 });
    expect((await site.ubugi('token', 'list')).stdout).toMatch(/viewer-1 .* revoked$/m);
  });

  it('audit tells who did what', async () => {
    const { stdout } = await runUbugi(['audit', '--instance', 'web-01'], { UBUGI_SOCKET: site.socket });
    expect(stdout).toContain('smaller shell');
  });
});

describe('ubugi serve', () => {
  it('ends with 0 when it is told to', async () => {
    const other = await serveSite();
    expect(await other.stop()).toBe(0);
  });

  it('does not start on a configuration that is not valid', async () => {
    const config = join(site.folder, 'bad.yaml');
    await writeFile(config, 'store: {}\n');
    expect(await runUbugi(['serve', '--config', config])).toMatchObject({ exitCode: 7, stdout: '' });
  });
});
