import { describe, expect, test } from 'vitest';
import { dress } from './dress.ts';

const defaults = {
  domain: 'example.com',
  dns: { servers: ['192.0.2.1'], search: ['example.com'] },
  ntp: { pools: ['pool.example.com'] },
  routes: [{ to: '10.0.0.0/8', via: '192.0.2.200' }],
};
const tokyo = {
  domain: 'tokyo.example.com',
  dns: { servers: ['192.0.2.2', '192.0.2.3'] },
  routes: [{ to: '10.0.0.0/8', via: '192.0.2.254', metric: 50 }],
};
const policy = { defaults, sites: { 'tokyo-1': tokyo } };
const mac = '52:54:00:12:34:56';

describe('lists', () => {
  test('count one by one: the record, then the site, then the defaults', () => {
    expect(dress(policy).guest).toMatchObject({
      dns: { servers: ['192.0.2.2', '192.0.2.3'], search: ['example.com'] },
      ntp: { pools: ['pool.example.com'] },
    });
    const record = { dns: { servers: ['192.0.2.9'] }, ntp: { pools: [] } };
    const { guest, sources } = dress(policy, record);
    expect(guest.dns).toEqual({ servers: ['192.0.2.9'], search: ['example.com'] });
    expect(guest.ntp).toEqual({ pools: [] });
    expect(sources('dns', 'server 1')).toEqual([
      'inventory dns/servers',
      '[policy site tokyo-1]',
      '[policy defaults]',
    ]);
    expect(sources('dns', 'search 1')).toEqual(['policy defaults']);
  });

  test('explain marks what the site overrode', () => {
    const { sources } = dress(policy);
    expect(sources('dns', 'server 2')).toEqual(['policy site tokyo-1', '[policy defaults]']);
    expect(sources('hostname', 'fqdn')).toEqual([
      'policy site tokyo-1',
      'inventory name',
      '[policy defaults]',
    ]);
  });

  test('a domain of the record wins', () => {
    const { guest, sources } = dress(policy, { domain: 'own.example.com' });
    expect(guest.hostname.fqdn).toBe('web-01.own.example.com');
    expect(sources('hostname', 'fqdn')).toEqual([
      'inventory name',
      'inventory domain',
      '[policy site tokyo-1]',
      '[policy defaults]',
    ]);
  });
});

describe('routes', () => {
  test('go to the interface of which a network contains the gateway', () => {
    const interfaces = [
      { mac: '52:54:00:00:00:01', addresses: ['198.51.100.1/24'] },
      { mac, addresses: ['2001:db8::1/64', '192.0.2.10/24'], gateway4: '192.0.2.1' },
    ];
    const { guest, sources, problems } = dress(policy, { interfaces });
    expect(guest.network.interfaces.map(({ routes }) => routes)).toEqual([undefined, tokyo.routes]);
    expect(sources('network', `${mac} route 10.0.0.0/8 via 192.0.2.254`)).toEqual([
      'policy site tokyo-1',
      '[policy defaults]',
    ]);
    expect(problems).toEqual([]);
  });

  test('of the record stay as they are, and explain says what they overrode', () => {
    const routes = [{ to: '10.0.0.0/8', via: '192.0.2.100' }];
    const { guest, sources } = dress(policy, { interfaces: [{ mac, addresses: ['192.0.2.10/24'], routes }] });
    expect(guest.network.interfaces[0]?.routes).toEqual(routes);
    expect(sources('network', `${mac} route 10.0.0.0/8 via 192.0.2.100`)).toEqual([
      'inventory interfaces/0/routes',
      '[policy site tokyo-1]',
      '[policy defaults]',
    ]);
  });

  test('without an interface are a problem that names them and a guest', () => {
    const { guest, problems } = dress(policy, { interfaces: [{ mac, dhcp4: true }] });
    expect(guest.network.interfaces).toEqual([{ mac, dhcp4: true }]);
    expect(problems).toEqual([
      expect.objectContaining({
        source: 'policy.yaml',
        record: 'site tokyo-1',
        message: expect.stringMatching(
          /^route to 10\.0\.0\.0\/8 via 192\.0\.2\.254 is left out .* such as on web-01$/,
        ),
      }),
    ]);
  });

  test('are not for the gateway itself', () => {
    const { guest, problems } = dress(policy, { interfaces: [{ mac, addresses: ['192.0.2.254/24'] }] });
    expect(guest.network.interfaces[0]).not.toHaveProperty('routes');
    expect(problems).toEqual([]);
  });
});

describe('what failure does', () => {
  const failure = [
    { match: { project: ['lab'] }, onFailure: 'continue' as const },
    { match: { project: ['web'] }, onFailure: 'stop' as const },
    { onFailure: 'continue' as const },
  ];

  test('the first rule that matches says', () => {
    const { guest, sources } = dress({ failure });
    expect(guest.onFailure).toBe('stop');
    expect(sources('failure', 'onFailure')).toEqual(['policy failure 2', '[policy failure 3]']);
  });

  test('is not in the content where the agent goes on', () => {
    expect(dress({ failure }, { project: 'lab' }).guest).not.toHaveProperty('onFailure');
    expect(dress().guest).not.toHaveProperty('onFailure');
  });
});
