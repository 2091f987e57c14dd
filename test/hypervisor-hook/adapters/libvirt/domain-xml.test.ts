import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mostDomainXmlBytes,
  readDomainXml,
} from '../../../../hypervisor-hook/adapters/libvirt/domain-xml.ts';

const uuid = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01';

const bare = { target: '', file: undefined, alias: undefined, serial: undefined, trayOpen: false };

function domain(devices: string, before = ''): string {
  return `<domain type='kvm' id='7' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
    <name>web-01</name><uuid>${uuid}</uuid>${before}<devices>${devices}</devices></domain>`;
}

function cdroms(xml: string): unknown {
  const reading = readDomainXml(xml);
  return reading.kind === 'domain' ? reading.domain.cdroms : reading;
}

describe('domain XML', () => {
  it('gives the UUID in lower case and the CD-ROMs in order', () => {
    const xml = domain(
      `<disk type='file' device='disk'><source file='/root.qcow2'/><target dev='vda' bus='virtio'/></disk>
       <disk type='file' device='cdrom'><source file='/install &amp; rescue.iso'/><target dev='sda' bus='sata'/></disk>
       <disk type='file' device='cdrom'><target dev='sdb'/><alias name='ua-ubugi'/></disk>
       <disk type='network' device='cdrom'><source protocol='rbd' name='pool/x_disk.config'/><target dev='sdc'/>
         <serial>config-2</serial></disk>`,
    ).replace(uuid, uuid.toUpperCase());
    expect(readDomainXml(xml)).toEqual({
      kind: 'domain',
      domain: {
        name: 'web-01',
        uuid,
        active: true,
        reportSocket: undefined,
        cdroms: [
          { ...bare, target: 'sda', file: '/install & rescue.iso' },
          { ...bare, target: 'sdb', alias: 'ua-ubugi' },
          { ...bare, target: 'sdc', serial: 'config-2' },
        ],
      },
    });
  });

  it('takes nothing from metadata, comments, CDATA or nested sources, where others write', () => {
    const disk = "<disk type='file' device='cdrom'><source file='/evil.iso'/><target dev='sdx'/></disk>";
    const metadata = `<metadata><n:i xmlns:n='urn:n'><uuid>00000000-0000-0000-0000-000000000000</uuid>
      <devices>${disk}</devices><!-- ${disk} --><![CDATA[${disk}]]></n:i></metadata>`;
    const nested = `<disk type='file' device='cdrom'><backingStore type='file'><source file='/evil.iso'/>
      <serial>config-2</serial></backingStore><target dev='sda'/></disk>`;
    expect(cdroms(domain(nested, metadata))).toEqual([{ ...bare, target: 'sda' }]);
  });

  it('knows a running domain, an open tray and the report channel', () => {
    const channel = (type: string, name: string, path: string): string =>
      `<channel type='unix'><source mode='bind' path='${path}'/><target type='${type}' name='${name}'/></channel>`;
    const xml = domain(`<disk type='file' device='cdrom'><target dev='sda' tray='open'/></disk>
      ${channel('virtio', 'org.qemu.guest_agent.0', '/agent')}${channel('xen', 'org.ubugi.report.0', '/xen')}
      ${channel('virtio', 'org.ubugi.report.0', '/report')}`);
    expect(readDomainXml(xml)).toMatchObject({
      domain: { active: true, reportSocket: '/report', cdroms: [{ trayOpen: true }] },
    });
    expect(readDomainXml(xml.replace(" id='7'", ''))).toMatchObject({ domain: { active: false } });
  });

  it.each([
    ['nothing', '', /not well-formed/],
    ['text', 'domain', /not well-formed/],
    ['an open tag', '<domain><devices>', /not well-formed/],
    ['two roots', `${domain('')}<domain/>`, /not well-formed/],
    ['another root', `<network><uuid>${uuid}</uuid></network>`, /no <domain>/],
    ['no UUID', '<domain/>', /no valid <uuid>/],
    ['a UUID that is a path', `<domain><uuid>../../etc/passwd</uuid></domain>`, /no valid <uuid>/],
    ['a document type', `<!DOCTYPE domain>${domain('')}`, /document type|not well-formed/],
    [
      'an entity bomb',
      `<!DOCTYPE domain [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>${domain('<x>&b;</x>')}`,
      /document type|not well-formed/,
    ],
    [
      'an external entity',
      `<!DOCTYPE domain [<!ENTITY a SYSTEM "file:///etc/passwd">]>${domain('<x>&a;</x>')}`,
      /document type|not well-formed/,
    ],
    ['an unknown entity', domain('<x>&a;</x>'), /not well-formed/],
    ['too much', domain(' '.repeat(mostDomainXmlBytes)), /longer than/],
  ])('%s is refused', (_name, xml, reason) => {
    const reading = readDomainXml(xml);
    expect(reading).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) });
  });

  it('bears nesting as deep as its size allows', () => {
    const depth = 100_000;
    const reading = readDomainXml(domain(`${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`));
    expect(['domain', 'unreadable']).toContain(reading.kind);
  });

  it('never throws', () => {
    const pieces = constantFrom(
      '<',
      '>',
      '</',
      '/>',
      'domain',
      'uuid',
      uuid,
      'disk',
      '&',
      ';',
      '"',
      "'",
      '=',
      '<!--',
      ']]>',
      '<![CDATA[',
      '<?',
      '?>',
      '<!DOCTYPE',
      ' ',
      '\0',
    );
    assert(
      property(
        oneof(
          string(),
          array(pieces).map((parts) => parts.join('')),
        ),
        (xml) => {
          expect(['domain', 'unreadable']).toContain(readDomainXml(xml).kind);
        },
      ),
    );
  });
});
