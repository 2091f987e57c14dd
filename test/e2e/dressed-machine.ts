import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { guestNetwork } from '../harness/virtual-machine/virtual-machine.ts';
import type { MachineRoom } from './machine-room.ts';

/** What a machine looks like from outside and inside, in the words of its own tools. */
export interface Observation {
  readonly hostname: string;
  readonly fqdn: string;
  /** Addresses of global scope on the interface of the example's MAC address. */
  readonly addresses: readonly string[];
  readonly gateway: string;
  readonly resolvConf: readonly string[];
  /** Sources of the running chronyd. */
  readonly timeSources: readonly string[];
  readonly report: AgentReport;
}

/** How web-01 of the example must look, but for its report. */
export const expectedWeb01: Omit<Observation, 'report'> = {
  hostname: 'web-01',
  fqdn: 'web-01.tokyo.example.com',
  addresses: [guestNetwork.address],
  gateway: guestNetwork.gateway,
  resolvConf: ['search tokyo.example.com example.com', `nameserver ${guestNetwork.dns}`],
  timeSources: ['ntp1.tokyo.example.com', 'ntp2.tokyo.example.com'],
};

/** What `sudo -l` must print for alice after the line that begins with `User alice`. */
export const aliceSudoRules = [
  '(root) NOPASSWD: /usr/bin/systemctl reload nginx, /usr/bin/systemctl restart nginx',
];

/** Asks the machine, in one login. */
export async function observe(room: MachineRoom): Promise<Observation> {
  const questions = [
    'hostname',
    'hostname -f',
    `ip -o addr show scope global | grep "$(ip -o link | grep ${guestNetwork.mac} | cut -d: -f2)" | tr -s ' ' | cut -d' ' -f4`,
    "ip route show default | cut -d' ' -f3",
    "grep -v '^#' /etc/resolv.conf",
    "chronyc -N sources -a | grep '^^' | tr -s ' ' | cut -d' ' -f2 | sort",
    'cat /run/ubugi/report.json',
  ];
  const output = await room.asRoot(questions.map((question) => `${question}; echo ---`).join('\n'));
  const [hostname = '', fqdn = '', addresses = '', gateway = '', resolv = '', sources = '', report = ''] =
    output.split(/^---$/m).map((part) => part.trim());
  return {
    hostname,
    fqdn,
    addresses: lines(addresses),
    gateway,
    resolvConf: lines(resolv),
    timeSources: lines(sources),
    report: readReport(report),
  };
}

/** The rules that `sudo -l` shows a person. */
export function sudoRules(output: string): readonly string[] {
  return lines(output.slice(output.indexOf('may run the following commands'))).slice(1);
}

/** A report that its schema accepts. */
export function readReport(text: string): AgentReport {
  const reading = createValidators().agentReport(JSON.parse(text));
  if (reading.kind === 'invalid') throw new Error(`not a report: ${JSON.stringify(reading.problems)}`);
  return reading.value;
}

function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
