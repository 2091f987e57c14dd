import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlanError } from '../../../guest-agent/agent/plan/plan.ts';
import { enabled } from '../../../guest-agent/agent/rendering/disabled.ts';
import {
  expiryDay,
  passwdEntry,
  shadowEntry,
} from '../../../guest-agent/agent/resources/accounts/entries.ts';
import { renderResolvConf } from '../../../guest-agent/agent/resources/dns/resolv-conf/render.ts';
import { renderResolvedDropIn } from '../../../guest-agent/agent/resources/dns/resolved/resolved.ts';
import { refusalOf } from '../../../guest-agent/agent/resources/files/paths.ts';
import { renderHosts } from '../../../guest-agent/agent/resources/hostname/hosts.ts';
import {
  judgeFingerprints,
  renderAuthorizedKeys,
} from '../../../guest-agent/agent/resources/keys/authorized-keys.ts';
import {
  readsDropIns,
  readsHomes,
  staged,
  withBlockAtEnd,
} from '../../../guest-agent/agent/resources/keys/sshd-config.ts';
import { renderSources, withoutOwnSources } from '../../../guest-agent/agent/resources/ntp/sources.ts';
import { renderTimesyncd } from '../../../guest-agent/agent/resources/ntp/timesyncd/timesyncd.ts';
import { interpreterOf } from '../../../guest-agent/agent/resources/scripts/interpreter.ts';
import type { GuestAccount } from '../../../schemas/types/guest-configuration.ts';
import { exampleGuest } from '../example-guest.ts';

const guest = exampleGuest();
const [alice] = guest.accounts as [GuestAccount];

describe('golden', () => {
  test('name servers', () => {
    expect(renderResolvConf(guest.dns)).toBe(
      '# Written by Ubugi.\nsearch example.com\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n',
    );
    expect(renderResolvConf({})).toBeUndefined();
    expect(renderResolvedDropIn(guest.dns)).toBe(
      '# Written by Ubugi.\n[Resolve]\nDNS=\nDNS=192.0.2.53 2001:db8::53\nFallbackDNS=\nDomains=example.com\n',
    );
  });
  test('time servers', () => {
    expect(renderSources(guest.ntp)).toEqual([
      'server ntp1.example.com iburst',
      'server 192.0.2.123 iburst',
      'pool pool.example.com iburst',
    ]);
    expect(renderTimesyncd(guest.ntp)).toBe(
      '# Written by Ubugi.\n[Time]\nNTP=\nNTP=ntp1.example.com 192.0.2.123 pool.example.com\nFallbackNTP=\n',
    );
    const own = 'pool 2.debian.pool.ntp.org iburst\n  Server a\nsourcedir /x\n';
    expect(withoutOwnSources(own)).toBe(
      '# disabled by ubugi: pool 2.debian.pool.ntp.org iburst\n# disabled by ubugi:   Server a\nsourcedir /x\n',
    );
    expect(withoutOwnSources(withoutOwnSources(own))).toBe(withoutOwnSources(own));
    expect(enabled(withoutOwnSources(own))).toBe(own);
  });
  test('/etc/hosts', () => {
    const block = '# begin ubugi\n127.0.1.1 web-01.example.com web-01\n# end ubugi\n';
    const render = (text: string): string => renderHosts(text, 'web-01', 'web-01.example.com');
    expect(render('127.0.0.1 localhost\n::1 localhost\n')).toBe(
      `127.0.0.1 localhost\n${block}::1 localhost\n`,
    );
    expect(render('127.0.0.1 localhost\n127.0.1.1 debian\n')).toBe(
      `127.0.0.1 localhost\n${block}127.0.1.1 debian\n`,
    );
    expect(render('')).toBe(block);
    expect(render(render('# x\n'))).toBe(render('# x\n'));
    expect(render('a\n# begin ubugi\nlost\n')).toBe(`a\n${block}lost\n`);
    expect(renderHosts('', 'web-01', 'web-01')).toContain('127.0.1.1 web-01\n');
  });
  test('sshd_config', () => {
    const include = 'Include /etc/ssh/sshd_config.d/*.conf';
    expect(readsDropIns(`# c\nPort 22\n${include}\nMatch User x\n`)).toBe(true);
    expect(readsDropIns('Port 22\n')).toBe(false);
    expect(readsDropIns(`Match User x\n${include}\n`)).toBe(false);
    expect(readsDropIns(`AuthorizedKeysFile none\n${include}\n`)).toBe(false);
    expect(readsDropIns(`# begin ubugi\n${include}\n# end ubugi\nPort 22\n`)).toBe(false);
    expect(readsDropIns('Include /usr/etc/ssh/sshd_config.d/*.conf\n')).toBe(false);
    expect(readsHomes('Port 22\n')).toBe(true);
    expect(readsHomes('AuthorizedKeysFile /k/%u "%h/.ssh/authorized_keys"\n')).toBe(true);
    expect(readsHomes('AuthorizedKeysFile=.ssh/authorized_keys2\n')).toBe(false);
    expect(readsHomes('Match all\nAuthorizedKeysFile none\n')).toBe(true);
    const block = ['Match User x'];
    expect(withBlockAtEnd('Port 22\n', [])).toBe('Port 22\n');
    const closed = withBlockAtEnd('Port 22\n', block);
    expect(closed).toBe('Port 22\n# begin ubugi\nMatch User x\n# end ubugi\n');
    expect(withBlockAtEnd(`${closed}X11Forwarding no\n`, block)).toBe(
      'Port 22\nX11Forwarding no\n# begin ubugi\nMatch User x\n# end ubugi\n',
    );
    expect(withBlockAtEnd(closed, [])).toBe('Port 22\n');
    expect(staged('Include /usr/etc/ssh/sshd_config.d/*.conf\n', '/s')).not.toContain('/s/');
    expect(staged(`${include}\n`, '/stage')).toBe('Include /stage/*.dropin\n');
  });
  test('accounts', () => {
    expect(passwdEntry(alice).join(':')).toBe('alice:x:5001:5001:Alice Example:/home/alice:/bin/bash');
    expect(shadowEntry('alice', undefined, 20_000, undefined).join(':')).toBe('alice:*:20000:0:99999:7:::');
    expect(shadowEntry('alice', ['alice', '$y$secret', '19000'], 20_000, 20_100).join(':')).toBe(
      'alice:*:19000:0:99999:7::20100:',
    );
    expect(shadowEntry('alice', undefined, 0, undefined)[2]).toBe('1');
    const day = 86_400_000;
    expect(expiryDay(undefined)).toBeUndefined();
    expect(expiryDay('2026-01-01T00:00:00Z')).toBe(Date.UTC(2026, 0, 1) / day);
    expect(expiryDay('2025-12-31T23:59:59Z')).toBe(Date.UTC(2026, 0, 1) / day);
  });
  test('fingerprints', () => {
    const line = (bits: number, type: string): string =>
      `${bits} SHA256:${'a'.repeat(43)} no comment (${type})`;
    expect(judgeFingerprints(`${line(256, 'ED25519')}\n${line(3072, 'RSA')}\n`, 2)).toBeUndefined();
    expect(judgeFingerprints(`${line(1024, 'RSA')}\n`, 1)).toMatch(/fewer than 2048 bits/);
    expect(judgeFingerprints(`${line(256, 'ED25519')}\n/stage/keys:2: not a public key\n`, 2)).toMatch(
      /1 of 2 keys/,
    );
  });
  test('interpreters', () => {
    expect(interpreterOf('#!/bin/bash -eu\nx')).toEqual(['/bin/bash', '-eu']);
    expect(interpreterOf('#! /usr/bin/env python3 -u \n')).toEqual(['/usr/bin/env', 'python3 -u']);
    expect(interpreterOf('echo x\n')).toEqual(['/bin/sh']);
  });
  test('refused paths', () => {
    for (const path of [
      '/proc/x',
      '/dev',
      '/run/a',
      '/etc/shadow',
      '/etc/passwd-',
      '/etc/sudoers.d/x',
      '/etc/sudoers',
      '/var/lib/ubugi/owned.json',
      '/etc/ssh/authorized_keys.d/a',
      '/etc/hosts',
    ]) {
      expect([path, refusalOf(path) === undefined]).toEqual([path, false]);
    }
    for (const path of [
      '/etc/motd',
      '/opt/proc/x',
      '/etc/sudo.conf',
      '/devel',
      '/etc/ssh/sshd_config.d/10-site.conf',
    ]) {
      expect([path, refusalOf(path)]).toEqual([path, undefined]);
    }
  });
});

describe('no value can add a line, an option, a user or a path', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'a\nb',
      'a b',
      'a:b',
      'a#b',
      '../x',
      '/a/../b',
      '%wheel',
      'ALL',
      'a\r',
      'a\0',
      '\u202ea',
      'a;b',
      '$(id)',
      'a"b',
      '::1\ninclude /x',
      '1.2.3.4 key 1',
    ),
  );
  /** Renders 500 hostile values. @returns those that were neither refused nor rendered as just these lines. */
  function escapes(render: (value: string) => string, lines: number, shape: RegExp): readonly string[] {
    return fc.sample(hostile, 500).filter((value) => {
      try {
        const rendered = render(value).split('\n');
        return rendered.length - 1 !== lines || !rendered.every((line) => shape.test(line));
      } catch (error) {
        return !(error instanceof PlanError) || (value.length > 3 && error.message.includes(value));
      }
    });
  }
  const plain = /^[ -~]*$/;

  test('dns, ntp and hosts', () => {
    expect(escapes((value) => renderResolvConf({ servers: [value] }) ?? '', 2, plain)).toEqual([]);
    expect(
      escapes(
        (value) => renderResolvConf({ search: [value] }) ?? '',
        2,
        /^(# Written by Ubugi\.|search [a-z0-9.-]+|)$/,
      ),
    ).toEqual([]);
    expect(escapes((value) => renderResolvedDropIn({ search: [value] }) ?? '', 3, plain)).toEqual([]);
    expect(
      escapes(
        (value) => `${renderSources({ servers: [value], pools: [] }).join('\n')}\n`,
        1,
        /^(server [0-9A-Za-z.:-]+ iburst|)$/,
      ),
    ).toEqual([]);
    expect(
      escapes(
        (value) => `${renderSources({ servers: [], pools: [value] }).join('\n')}\n`,
        1,
        /^(pool [0-9a-z.-]+ iburst|)$/,
      ),
    ).toEqual([]);
    expect(
      escapes((value) => renderHosts('', value, undefined), 3, /^(#.*|127\.0\.1\.1 [a-z0-9-]+|)$/),
    ).toEqual([]);
    expect(
      escapes((value) => renderHosts('', 'web', value), 3, /^(#.*|127\.0\.1\.1 ([a-z0-9.-]+ )?web|)$/),
    ).toEqual([]);
  });
  test('accounts and keys', () => {
    for (const field of ['name', 'gecos', 'home', 'shell'] as const) {
      expect(
        escapes(
          (value) => `${passwdEntry({ ...alice, [field]: value }).join(':')}\n`,
          1,
          /^([^:]*:x:5001:5001:[^:]*:\/[^:]+:\/[^:]+|)$/,
        ),
      ).toEqual([]);
    }
    const [key = { type: 'ssh-ed25519', key: '' } as const] = alice.keys;
    expect(
      escapes(
        (value) => renderAuthorizedKeys([{ ...key, key: value }]),
        1,
        /^(ssh-ed25519 [A-Za-z0-9+/=]+ alice@laptop|)$/,
      ),
    ).toEqual([]);
    expect(
      escapes(
        (value) => renderAuthorizedKeys([{ ...key, comment: value }]),
        1,
        /^(ssh-ed25519 [A-Za-z0-9+/=]+ [A-Za-z0-9._@+-]+|)$/,
      ),
    ).toEqual([]);
    expect(
      escapes(
        (value) => renderAuthorizedKeys([{ ...key, type: value as 'ssh-rsa' }]),
        1,
        /^((ssh|sk|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+ alice@laptop|)$/,
      ),
    ).toEqual([]);
  });
});
