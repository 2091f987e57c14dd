/* Generated from schemas/v1/manifest.json by schemas/generate.ts. Do not edit. */

/**
 * `ubugi/manifest.json`: every file of the drive but the manifest and its signature.
 */
export interface Manifest {
  schema: 'https://ubugi.dev/schemas/v1/manifest.json';
  /**
   * UUID in lower case (RFC 9562).
   */
  instance: string;
  /**
   * Number of a generation, from 1.
   */
  generation: number;
  /**
   * When the generation was made; not when the image was built, so that a rebuilt image is the same bit for bit.
   */
  issuedAt: string;
  /**
   * The drive is refused after this time, where policy sets one.
   */
  notAfter?: string;
  /**
   * This drive may follow a newer generation: a lost machine is restored to its first boot. Absent: an older generation than the applied one is refused.
   */
  replay?: {
    /**
     * Number of a generation, from 1.
     */
    supersedes: number;
  };
  /**
   * SHA-256 over launcher entry point and agents: the version of what runs in the guest.
   */
  payload: string;
  /**
   * Sorted by path in byte order.
   *
   * @minItems 1
   * @maxItems 4096
   */
  files: {
    /**
     * Relative path; slash-separated.
     */
    path: string;
    /**
     * Bytes.
     */
    size: number;
    /**
     * SHA-256 in lower-case hexadecimal.
     */
    sha256: string;
  }[];
}
