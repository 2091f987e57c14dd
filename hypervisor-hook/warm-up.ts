import type { Validators } from '../schemas/validation/validator.ts';
import { readDomainXml } from './adapters/libvirt/domain-xml.ts';
import { chooseMarkedDrive } from './adapters/libvirt/drive-choice.ts';
import { parseCommandLine } from './command-line.ts';
import { defaultDriveFolder, readConfiguration } from './configuration/configuration.ts';

const configuration = `server:
  url: http://127.0.0.1:8080
  tokenFile: token
trustedSigners: trusted_signers
`;

const domain = `<domain type="kvm"><name>warm</name><uuid>00000000-0000-4000-8000-000000000000</uuid>
<metadata><x:y xmlns:x="urn:x" z="&lt;"><!-- --><![CDATA[ ]]></x:y></metadata>
<devices><disk type="file" device="cdrom"><source file="/x.iso"/><target dev="sda" bus="scsi"/><serial>s</serial></disk></devices></domain>`;

/** Runs the pure parts of a start once, while the executable's snapshot is made, so that they are compiled in it. */
export function warmUp(validators: Validators): void {
  parseCommandLine(['hook', '--', 'warm', 'prepare', 'begin', '-'], {});
  readConfiguration(configuration, '/etc/ubugi/hypervisor.yaml', validators.hypervisorConfiguration);
  const reading = readDomainXml(domain);
  if (reading.kind === 'domain') chooseMarkedDrive(reading.domain, defaultDriveFolder);
  validators.manifest({});
  validators.guestConfiguration({});
}
