import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { dns } from '../../../../guest-agent/agent/resources/dns/dns.ts';
import type { Dns } from '../../../../schemas/types/common.ts';
import { exampleGuest } from '../../example-guest.ts';
import { type TestEntry, testMachine } from '../../test-machine.ts';

const path = '/etc/sysconfig/network/config';
const own = '## Type: string\nNETCONFIG_DNS_POLICY="auto"\nNETCONFIG_DNS_STATIC_SERVERS="10.0.0.1"\n';
const tree = { '/sbin/x': '', '/usr/sbin/netconfig': '', '/run/netconfig/x': '', [path]: own };

function plan(wanted: Dns, text: string, files: Record<string, TestEntry> = tree) {
  const result = dns.plan(
    { guest: exampleGuest({ dns: wanted }), owned: { files: [], groups: [], accounts: [] } },
    testMachine({ ...files, [path]: text }),
  );
  const [step] = result.steps;
  return { result, text: step?.kind === 'file' ? step.text : text };
}

describe('netconfig', () => {
  const wanted = { servers: ['192.0.2.53', '2001:db8::53'], search: ['example.com', 'a.example'] };

  test('our settings come last, so that they count, and go again', () => {
    const first = plan(wanted, own);
    expect(first.text).toBe(`${own}# begin ubugi
NETCONFIG_DNS_STATIC_SERVERS='192.0.2.53 2001:db8::53'
NETCONFIG_DNS_STATIC_SEARCHLIST='example.com a.example'
# end ubugi
`);
    const read = execFileSync('sh', ['-c', `${first.text}echo "$NETCONFIG_DNS_STATIC_SERVERS"`], {
      encoding: 'utf8',
    });
    expect(read).toBe('192.0.2.53 2001:db8::53\n');
    expect(first.result.live).toEqual([
      { kind: 'command', argv: ['/usr/sbin/netconfig', 'update', '-f'], timeoutMs: 20_000 },
    ]);
    expect(first.result.owns).toEqual([]);
    expect(plan(wanted, first.text).result).toMatchObject({ steps: [], live: [] });
    expect(plan({}, first.text).text).toBe(own);
    expect(plan({}, own).result.steps).toEqual([]);
  });

  test('before its first run there is nobody to tell', () => {
    const { '/run/netconfig/x': _, ...stopped } = tree;
    expect(plan(wanted, own, stopped).result.live).toEqual([]);
  });

  test('a value that a shell would take for more is refused', () => {
    for (const value of ["1.1.1.1'; x '", '$(x)', 'a\nb']) {
      expect(() => plan({ servers: [value] }, own)).toThrow(/refused/);
      expect(() => plan({ search: [value] }, own)).toThrow(/refused/);
    }
  });
});
