/* Generated from schemas/v1/hypervisor-configuration.json by schemas/generate.ts. Do not edit. */

/**
 * This interface was referenced by `HypervisorConfiguration`'s JSON-Schema
 * via the `definition` "path".
 */
export type Path = string;

/**
 * The hypervisor's YAML configuration, /etc/ubugi/hypervisor.yaml. Relative paths are relative to the file's folder.
 */
export interface HypervisorConfiguration {
  server: {
    /**
     * Base URL of the metadata server; plain http:// only for a loopback address.
     */
    url: string;
    /**
     * CA certificates in PEM; the system's if absent.
     */
    caFile?: string;
    /**
     * File with a token of role hypervisor.
     */
    tokenFile: string;
  };
  /**
   * Allowed signers file (ssh-keygen(1)) with the keys whose drives are accepted.
   */
  trustedSigners: string;
  /**
   * Last known good drives and records.
   */
  stateFolder?: string;
  /**
   * Drives of enrolled domains: a CD-ROM whose file lies here is ours to write.
   */
  driveFolder?: string;
  /**
   * Name of this host, as the CMDB and its token have it; the machine's host name if absent.
   */
  host?: string;
  /**
   * What runs the machines of this host.
   */
  adapter?: 'libvirt' | 'qemu' | 'proxmox';
  libvirt?: {
    /**
     * Connection URI (https://libvirt.org/uri.html) of this host's libvirt.
     */
    uri?: string;
  };
  /**
   * Machines that are started as QEMU processes, for the adapter `qemu`.
   */
  qemu?: {
    /**
     * @maxItems 10000
     */
    machines: {
      /**
       * For messages; no two alike.
       */
      name: string;
      /**
       * QEMU's `-uuid`: the instance's.
       */
      instance: string;
      /**
       * Unix socket of a `-qmp` that nothing else keeps open.
       */
      qmpSocket: string;
      /**
       * Id of the CD-ROM's `-device`.
       */
      device: string;
      /**
       * Path of its config drive.
       */
      drive: string;
      /**
       * Unix socket of the virtio-serial port `org.ubugi.report.0`.
       */
      reportSocket?: string;
    }[];
  };
  /**
   * For the adapter `proxmox`.
   */
  proxmox?: {
    /**
     * Where Proxmox VE has its configuration.
     */
    folder?: string;
  };
  /**
   * What happens to a start when no drive was ever seen and the server cannot be reached.
   */
  onMissing?: 'refuse' | 'allow';
  /**
   * Bound of the hook's whole work.
   */
  deadlineSeconds?: number;
  /**
   * Age at which a stored drive is no longer used without the server.
   */
  lastKnownGoodDays?: number;
  /**
   * The daemon, `ubugi-hypervisor watch`.
   */
  watch?: {
    /**
     * How long one question to the server for changes may wait for an answer.
     */
    waitSeconds?: number;
    /**
     * How often every machine is looked at, though nothing said that it changed.
     */
    reconcileSeconds?: number;
    /**
     * How often the host tells the server that it lives, and writes its status.
     */
    heartbeatSeconds?: number;
    /**
     * Drives that are kept of each instance in `stateFolder`, the present one included.
     */
    keepGenerations?: number;
    /**
     * How long the drive of an instance that is no longer placed on this host is kept.
     */
    removalGraceHours?: number;
    /**
     * Reports that wait for the server; the oldest make place for new ones.
     */
    spool?: {
      reportsPerMachine?: number;
      megabytesPerMachine?: number;
      /**
       * Of all machines.
       */
      megabytes?: number;
    };
    /**
     * File for node_exporter's textfile collector, such as /var/lib/prometheus/node-exporter/ubugi.prom; no metrics if absent.
     */
    metricsFile?: string;
  };
}
