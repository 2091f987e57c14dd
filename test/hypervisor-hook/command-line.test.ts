import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../hypervisor-hook/command-line.ts';

describe('the command line', () => {
  it('takes what libvirt gives to a hook', () => {
    expect(parseCommandLine(['hook', '--', 'web-01', 'prepare', 'begin', '-'], {})).toEqual({
      kind: 'hook',
      source: 'libvirt',
      domain: 'web-01',
      phase: 'prepare begin',
      configurationFile: '/etc/ubugi/hypervisor.yaml',
    });
  });

  it('takes a domain for a domain whatever its name', () => {
    for (const domain of ['--config', '--help', '--', '-']) {
      expect(parseCommandLine(['hook', '--', domain, 'prepare', 'begin', '-'], {})).toMatchObject({
        domain,
        phase: 'prepare begin',
      });
    }
  });

  it('takes options of enrol wherever they stand, and a domain of any name after --', () => {
    expect(parseCommandLine(['enrol', 'web-01', '--yes', '--pattern', 'db-*', '--', '--all'], {})).toEqual({
      kind: 'enrol',
      configurationFile: '/etc/ubugi/hypervisor.yaml',
      request: {
        action: 'enrol',
        domains: ['web-01', '--all'],
        patterns: ['db-*'],
        all: false,
        dryRun: false,
        yes: true,
        json: false,
      },
    });
  });

  it('finds the configuration by option, environment or default', () => {
    const environment = { UBUGI_HYPERVISOR_CONFIG: '/env.yaml' };
    const file = (...argv: readonly string[]): unknown =>
      parseCommandLine(['check-config', ...argv], environment);
    expect(file()).toEqual({ kind: 'check-config', configurationFile: '/env.yaml' });
    expect(file('--config', '/a.yaml')).toEqual({ kind: 'check-config', configurationFile: '/a.yaml' });
    expect(file('--config=/a.yaml')).toEqual({ kind: 'check-config', configurationFile: '/a.yaml' });
  });

  it.each<[readonly string[], RegExp]>([
    [[], /no command/],
    [['dance'], /command dance is not known/],
    [['hook-proxmox', '100'], /hook-proxmox needs VMID PHASE/],
    [['join'], /join needs --token-file/],
    [['join', '--token', 'x'], /Unknown option '--token'/],
    [['enrol'], /enrol needs DOMAIN/],
    [['unenrol', '--force', 'web-01'], /Unknown option '--force'/],
    [['watcher'], /command watcher is not known/],
    [['watch', 'x'], /watch takes no argument/],
    [['watch', '--json'], /--json is not known/],
    [['status', 'x'], /status takes no argument/],
    [['hook', 'web-01'], /hook needs DOMAIN/],
    [['check-config', 'x'], /takes no argument/],
    [['check-config', '--config'], /--config is not known or has no value/],
    [['check-config', '--verbose'], /--verbose is not known/],
  ])('does not know %j', (argv, message) => {
    expect(parseCommandLine(argv, {})).toEqual({ kind: 'unknown', message: expect.stringMatching(message) });
  });

  it('knows the daemon and its status', () => {
    const configurationFile = '/a.yaml';
    expect(parseCommandLine(['watch', '--config', '/a.yaml'], {})).toEqual({
      kind: 'watch',
      configurationFile,
    });
    expect(parseCommandLine(['status', '--json', '--config=/a.yaml'], {})).toEqual({
      kind: 'status',
      configurationFile,
      json: true,
    });
    expect(parseCommandLine(['status'], {})).toMatchObject({ kind: 'status', json: false });
  });

  it.each([['version'], ['--version'], ['help'], ['--help'], ['hook', '--help']])('knows %s', (...argv) => {
    expect(['version', 'help']).toContain(parseCommandLine(argv, {}).kind);
  });
});
