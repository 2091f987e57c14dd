/** A machine that this host runs, or can start. */
export interface Machine {
  /** What the adapter calls it: a domain's name, a VM's number. */
  readonly name: string;
  /** UUID in lower case: the instance's. */
  readonly instance: string;
  /** `running` counts a paused one in: its medium can be swapped. */
  readonly state: 'running' | 'off';
  /** Its config drive; undefined: it has none, and is not ours. */
  readonly drive: MachineDrive | undefined;
  /** Unix socket on which it can be heard as `org.ubugi.report.0`, while it runs; undefined: it has no such channel. */
  readonly reportSocket: string | undefined;
}

/** Where a machine has its config drive. */
export interface MachineDrive {
  /** Absolute path of the image. */
  readonly path: string;
  /** What the adapter calls the CD-ROM: a target such as `sda`. */
  readonly device: string;
}

/** How machines are found and their media changed on one kind of hypervisor. */
export interface MachineAdapter {
  readonly name: 'libvirt' | 'qemu' | 'proxmox';
  /** All machines of this host. @throws AdapterError */
  list(signal: AbortSignal): Promise<readonly Machine[]>;
  /**
   * Makes a running machine see what lies at the path of its drive now, as a changed medium. The guest is asked to let
   * the old one go, once: a second request would throw out the new one. @throws AdapterError
   */
  swapMedium(machine: Machine, signal: AbortSignal): Promise<void>;
  /**
   * Settles when a machine may have been started, stopped, defined or taken away, at the latest when the signal aborts.
   * An adapter that cannot tell settles on the signal alone. Never throws.
   */
  changed(signal: AbortSignal): Promise<void>;
}

/** A hypervisor that did not do what it was asked; the message says what, on which machine, and what to do. */
export class AdapterError extends Error {
  override readonly name = 'AdapterError';
}
