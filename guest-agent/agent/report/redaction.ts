import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { withoutPrivateKeys } from './private-keys.ts';

/** What must not get out, beyond what is recognised by its form. */
export interface Secrets {
  /** Texts that are taken out wherever they stand, such as the report token. */
  readonly values: readonly string[];
  /** Whole lines that are taken out, such as those of shadow. */
  readonly lines: ReadonlySet<string>;
}

/** Characters of a tool's output that go into the report: its tail. */
const outputTail = 4000;

/**
 * What secrets look like, and what stands in their place. Every repetition that can fail after it began is bounded: a tool
 * may print anything.
 */
const patterns: readonly (readonly [RegExp, string])[] = [
  // Password hashes: crypt(5), LDAP (RFC 2307 userPassword).
  [/\$[A-Za-z0-9-]{1,16}\$[^\s:'"]+/g, '[password hash]'],
  [/\{(?:S?MD5|S?SHA\d{0,3}|CRYPT|PBKDF2[^}]{0,20})\}\S+/gi, '[password hash]'],
  // HTTP: Authorization headers to the end of the line, bearer tokens, credentials in URLs.
  [/(\b(?:proxy-)?authorization["']?\s{0,5}[:=]).*/gi, '$1 [secret]'],
  [/(\bcookie["']?\s{0,5}[:=]).*/gi, '$1 [secret]'],
  [/\b(bearer|basic)\s{1,5}[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [secret]'],
  [/(:\/\/)[^\s/@:]{0,200}:[^\s/@]{1,200}@/g, '$1[secret]@'],
  // Our own tokens, and those that well-known services mark by a prefix; JSON Web Tokens.
  [/\bubugi-report\.[A-Za-z0-9._-]+/g, '[secret]'],
  [/\bubugi_[A-Za-z0-9_-]{20,}/g, '[secret]'],
  [/\b(?:gh[a-z]_|github_pat_|glpat-|xox[a-z]-|nbt_|AKIA|hvs\.)[A-Za-z0-9._-]{12,}/g, '[secret]'],
  [/\beyJ[A-Za-z0-9_-]{8,500}\.[A-Za-z0-9._-]+/g, '[secret]'],
  // What a setting calls a secret itself.
  [
    /((?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|credential)[A-Za-z0-9_-]{0,20}["']?\s{0,5}=\s{0,5}["']?)[^\s"',;]+/gi,
    '$1[secret]',
  ],
  // With a colon it may also be a sentence: then only what looks like a value.
  [
    /((?:password|passphrase|secret|token|api[_-]?key|private[_-]?key|credential)["']?\s{0,5}:\s{0,5}["']?)(?=[^\s"',;]{0,200}\d)[^\s"',;]{6,}/gi,
    '$1[secret]',
  ],
];

/** A text without its secrets. The one place where they are taken out. */
export function redact(text: string, { values, lines }: Secrets): string {
  let clean = withoutPrivateKeys(text);
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
