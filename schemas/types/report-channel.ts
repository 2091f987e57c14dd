/* Generated from schemas/v1/report-channel.json by schemas/generate.ts. Do not edit. */

/**
 * ubugi/report.json of a drive: where the guest sends its reports, and the one-time token for the first of them.
 */
export interface ReportChannel {
  schema: 'https://ubugi.dev/schemas/v1/report-channel.json';
  /**
   * Whole URL to post reports to.
   */
  url: string;
  /**
   * ubugi-report.INSTANCE.GENERATION.COUNTER.MAC: good for one report of this instance about this generation.
   */
  token: string;
  /**
   * CA certificates in PEM by which the server is known; absent: those that the guest trusts already.
   */
  caCertificates?: string;
}
