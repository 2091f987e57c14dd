import type { AgentReport } from '../../../schemas/types/agent-report.ts';

/** What must not get out, beyond what is recognised by its form. */
export interface Secrets {
  /** Texts that are taken out wherever they stand, such as the report token. */
  readonly values: readonly string[];
  /** Whole lines that are taken out, such as those of shadow. */
  readonly lines: ReadonlySet<string>;
}

/** Characters of a tool's output that go into the report: its tail. */
const outputTail = 4000;

/** What secrets look like, and what stands in their place. Multi-line ones first. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // Armored private keys of any kind (RFC 7468, OpenSSH, PGP); one that is cut off at either end too.
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----[^]*?(-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----|$)/g,
    '[private key]',
  ],
  [
    /(^|\n)([A-Za-z0-9+/=]{16,}\r?\n)*[^\n]{0,200}-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----/g,
    '$1[private key]',
  ],
  // Password hashes: crypt(5), LDAP (RFC 2307 userPassword).
  [/\$[A-Za-z0-9-]{1,16}\$[^\s:'"]+/g, '[password hash]'],
  [/\{(?:S?MD5|S?SHA\d{0,3}|CRYPT|PBKDF2[^}]{0,20})\}\S+/gi, '[password hash]'],
  // HTTP: Authorization headers to the end of the line, bearer tokens, credentials in URLs.
  [/(\b(?:proxy-)?authorization["']?\s*[:=]).*/gi, '$1 [secret]'],
  [/(\bcookie["']?\s*[:=]).*/gi, '$1 [secret]'],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [secret]'],
  [/(:\/\/)[^\s/@:]{0,200}:[^\s/@]{1,200}@/g, '$1[secret]@'],
  // Our own tokens, and those that well-known services mark by a prefix; JSON Web Tokens.
  [/\bubugi-report\.[A-Za-z0-9._-]+/g, '[secret]'],
  [/\bubugi_[A-Za-z0-9_-]{20,}/g, '[secret]'],
  [/\b(?:gh[a-z]_|github_pat_|glpat-|xox[a-z]-|nbt_|AKIA|hvs\.|s\.)[A-Za-z0-9._-]{12,}/g, '[secret]'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9._-]+/g, '[secret]'],
  // What a setting calls a secret itself.
  [
    /([A-Za-z0-9_-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|credential)[A-Za-z0-9_-]{0,20}["']?\s*=\s*["']?)[^\s"',;]+/gi,
    '$1[secret]',
  ],
  // With a colon it may also be a sentence: then only what looks like a value.
  [
    /([A-Za-z0-9_-]*(?:password|passphrase|secret|token|api[_-]?key|private[_-]?key|credential)["']?\s*:\s*["']?)(?=[^\s"',;]*\d)[^\s"',;]{6,}/gi,
    '$1[secret]',
  ],
];

/** A text without its secrets. The one place where they are taken out. */
export function redact(text: string, { values, lines }: Secrets): string {
  let clean = text;
  for (const value of values) if (value !== '') clean = clean.split(value).join('[secret]');
  if (lines.size > 0) {
    clean = clean
      .split('\n')
      .map((line) => (lines.has(line.trim()) ? '[secret]' : line))
      .join('\n');
  }
  for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement);
  return clean;
}

/** The report without secrets, its texts as long as its schema allows. */
export function redactReport(report: AgentReport, secrets: Secrets): AgentReport {
  const { reason, resources } = report;
  const clean = (text: string, most: number): string => redact(text, secrets).slice(0, most);
  return {
    ...report,
    ...(reason === undefined ? {} : { reason: clean(reason, 2000) }),
    resources: resources.map((resource) => ({
      ...resource,
      changes: resource.changes.map((change) =>
        change.detail === undefined ? change : { ...change, detail: clean(change.detail, 500) },
      ),
      ...(resource.message === undefined ? {} : { message: clean(resource.message, 2000) }),
      ...(resource.output === undefined
        ? {}
        : { output: redact(resource.output, secrets).slice(-outputTail) }),
    })),
  };
}
