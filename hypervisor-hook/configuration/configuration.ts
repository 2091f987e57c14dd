import { dirname, resolve } from 'node:path';
import type { HypervisorConfiguration } from '../../schemas/types/hypervisor-configuration.ts';
import type { Validator } from '../../schemas/validation/validator.ts';
import { type FileProblem, readYamlDocument } from '../../schemas/validation/yaml-document.ts';
import { readWatchSettings, type WatchSettings } from './watch-settings.ts';

/** The hypervisor's configuration with defaults filled in and every path absolute. */
export interface Configuration {
  readonly server: {
    readonly url: URL;
    /** CA certificates in PEM; the system's if undefined. */
    readonly caFile: string | undefined;
    readonly tokenFile: string;
  };
  readonly trustedSigners: string;
  readonly stateFolder: string;
  readonly driveFolder: string;
  readonly onMissing: 'refuse' | 'allow';
  readonly deadlineMs: number;
  readonly lastKnownGoodMs: number;
  /** Name of this host; undefined: the machine's host name. */
  readonly host: string | undefined;
  /** What runs the machines of this host. */
  readonly adapter: 'libvirt' | 'qemu' | 'proxmox';
  readonly libvirt: {
    /** https://libvirt.org/uri.html */
    readonly uri: string;
  };
  readonly qemu: { readonly machines: readonly QemuMachine[] };
  readonly proxmox: {
    /** `/etc/pve`. */
    readonly folder: string;
  };
  readonly watch: WatchSettings;
}

/** A machine that is started as a QEMU process. */
export interface QemuMachine {
  /** For messages; no two are alike. */
  readonly name: string;
  /** UUID in lower case: the instance's. */
  readonly instance: string;
  readonly qmpSocket: string;
  /** Id of the CD-ROM's device. */
  readonly device: string;
  /** Path of its config drive. */
  readonly drive: string;
  readonly reportSocket: string | undefined;
}

/** A configuration, or everything that is wrong with the file. */
export type ConfigurationReading =
  | {
      readonly kind: 'valid';
      readonly configuration: Configuration;
      /** Line of the value at a JSON pointer. */
      readonly lineOf: (pointer: string) => number;
    }
  | { readonly kind: 'invalid'; readonly problems: readonly FileProblem[] };

/** Where drives of enrolled domains lie if no configuration says otherwise. */
export const defaultDriveFolder = '/var/lib/ubugi/drives';

/** Bound of the work until a configuration says otherwise. */
export const defaultDeadlineMs = 10_000;

const dayMs = 86_400_000;

/**
 * Reads the text of `hypervisor.yaml`. Never throws.
 * @param file absolute path of the file: relative paths are relative to its folder
 */
export function readConfiguration(
  text: string,
  file: string,
  validator: Validator<HypervisorConfiguration>,
): ConfigurationReading {
  const reading = readYamlDocument(text, file, validator);
  if (reading.kind === 'invalid') return reading;
  const { value, lineOf } = reading;

  const url = URL.canParse(value.server.url) ? new URL(value.server.url) : undefined;
  const urlProblem = serverUrlProblem(url);
  if (url === undefined || urlProblem !== undefined) {
    const pointer = '/server/url';
    return {
      kind: 'invalid',
      problems: [{ file, line: lineOf(pointer), pointer, ...wrongUrl, ...urlProblem }],
    };
  }

  const path = (relative: string): string => resolve(dirname(file), relative);
  return {
    kind: 'valid',
    lineOf,
    configuration: {
      server: {
        url,
        caFile: value.server.caFile === undefined ? undefined : path(value.server.caFile),
        tokenFile: path(value.server.tokenFile),
      },
      trustedSigners: path(value.trustedSigners),
      stateFolder: path(value.stateFolder ?? '/var/lib/ubugi-hypervisor'),
      driveFolder: path(value.driveFolder ?? defaultDriveFolder),
      onMissing: value.onMissing ?? 'refuse',
      deadlineMs: (value.deadlineSeconds ?? defaultDeadlineMs / 1000) * 1000,
      lastKnownGoodMs: (value.lastKnownGoodDays ?? 7) * dayMs,
      host: value.host,
      adapter: value.adapter ?? 'libvirt',
      libvirt: { uri: value.libvirt?.uri ?? 'qemu:///system' },
      qemu: {
        machines: (value.qemu?.machines ?? []).map((machine) => ({
          ...machine,
          qmpSocket: path(machine.qmpSocket),
          drive: path(machine.drive),
          reportSocket: machine.reportSocket === undefined ? undefined : path(machine.reportSocket),
        })),
      },
      proxmox: { folder: path(value.proxmox?.folder ?? '/etc/pve') },
      watch: readWatchSettings(value.watch ?? {}, path),
    },
  };
}

interface UrlProblem {
  readonly message: string;
  readonly remedy: string;
}

const wrongUrl: UrlProblem = {
  message: 'is not a URL',
  remedy: 'give one such as https://ubugi.example.net:8443',
};

/** The token must not cross a network in plain text. */
function serverUrlProblem(url: URL | undefined): UrlProblem | undefined {
  if (url === undefined) return wrongUrl;
  if (url.protocol === 'https:') return undefined;
  const loopback =
    /^127\.\d+\.\d+\.\d+$/.test(url.hostname) || url.hostname === '[::1]' || url.hostname === 'localhost';
  if (loopback) return undefined;
  return { message: 'is plain http to another host', remedy: 'use https, or a loopback address' };
}
