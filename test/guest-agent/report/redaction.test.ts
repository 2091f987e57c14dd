import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { array, assert, constantFrom, integer, property, string, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact, redactReport } from '../../../guest-agent/agent/report/redaction.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';

const none = { values: [], lines: new Set<string>() };
const { privateKey } = generateKeyPairSync('ed25519');
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const openssh = `-----BEGIN OPENSSH PRIVATE KEY-----\n${randomBytes(200)
  .toString('base64')
  .replace(/(.{70})/g, '$1\n')}\n-----END OPENSSH PRIVATE KEY-----`;
const sha512 =
  '$6$rounds=5000$saltsaltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/';
const yescrypt = '$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7';
const reportToken = `ubugi-report.7f1b0a52-6f0a-4a43-9a3c-0d2d4c9d1e01.3.0.${randomBytes(32).toString('base64url')}`;
const apiToken = `ubugi_${randomBytes(32).toString('base64url')}`;

/** Texts as tools print them, each with the part of it that must not be seen. */
const leaks: readonly (readonly [text: string, secret: string])[] = [
  [`loaded ${pem}`, pem.split('\n')[1] ?? ''],
  [openssh, openssh.split('\n')[2] ?? ''],
  [pem.slice(0, 60), pem.slice(30, 60)],
  [openssh.slice(120), openssh.slice(130, 160)],
  [`root:${sha512}:19000:0:99999:7:::`, sha512.slice(-40)],
  [`chpasswd: line 1: alice:${yescrypt}`, yescrypt.slice(-30)],
  ['userPassword: {SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', 'W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
  ['> Authorization: Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
  ['{"Authorization": "Token 0123456789abcdef"}', '0123456789abcdef'],
  ['sent bearer abcdefgh12345678', 'abcdefgh12345678'],
  [`curl: ${reportToken}`, reportToken.slice(-43)],
  [`token is ${apiToken}`, apiToken.slice(-43)],
  ['git clone https://bob:hunter2@git.example.com/x', 'hunter2'],
  ['DB_PASSWORD=swordfish', 'swordfish'],
  ['export API_KEY="swordfish"', 'swordfish'],
  ['client_secret: s3cr3t-value', 's3cr3t-value'],
  ['"token": "abc123def456"', 'abc123def456'],
  [
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P',
    'dozjgNryP4J3jVmNHl0w5N',
  ],
  ['ghp_16C7e42F292c6912E7710c838347Ae178B4a', '16C7e42F292c6912E7710c838347Ae178B4a'],
];

describe('secrets', () => {
  test.each(leaks)('in %j are taken out, whatever stands around them', (text, secret) => {
    expect(secret.length).toBeGreaterThan(5);
    const words = array(string({ maxLength: 30 }), { maxLength: 3 });
    const around = tuple(words, words, constantFrom('\n', '\r\n', '\n\t'));
    assert(
      property(around, ([before, after, separator]) => {
        const whole = [...before, text, ...after].join(separator);
        expect(redact(whole, none)).not.toContain(secret);
      }),
      { numRuns: 50 },
    );
  });

  test('that are known by value or as a whole line are too', () => {
    const shadow = 'alice:*:19000:0:99999:7:::';
    const secrets = { values: ['plain words'], lines: new Set([shadow]) };
    expect(redact(`it said plain words\n  ${shadow}\nend`, secrets)).toBe('it said [secret]\n[secret]\nend');
  });

  test('what tools say of paths and rules stays', () => {
    const said = [
      'open /etc/passwd: No such file or directory',
      'visudo: /etc/sudoers.d/ubugi:3:12: syntax error',
      'pwck: user alice: no group 5001',
      'Bad configuration option: PasswordAuthenticationn',
      'PasswordAuthentication no',
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIErv1BvZafHyKDP6Rx9fyw8kYj5R8j68f7HmZjtCubhp alice@laptop',
      'password: must not be empty',
      'costs $5 and $HOME is /root',
      '-----BEGIN CERTIFICATE-----',
    ];
    for (const line of said) expect(redact(line, none)).toBe(line);
  });

  test('redacting twice changes nothing more, and takes no long time for long hostile texts', () => {
    assert(
      property(
        array(constantFrom(...leaks.map(([text]) => text), 'a: b', '$', '-----', '://', 'token='), {
          maxLength: 12,
        }),
        (parts) => {
          const once = redact(parts.join(' '), none);
          expect(redact(once, none)).toBe(once);
        },
      ),
    );
    for (const piece of [
      'a',
      '-----BEGIN ',
      '$6$',
      'token',
      'A'.repeat(64) + '\n',
      '://x',
      'authorization',
      '{SHA',
    ]) {
      expect(redact(piece.repeat(Math.ceil(65_536 / piece.length)), none)).toBeTypeOf('string');
    }
  });
});

test('a report without its secrets is valid whatever tools printed, and holds the tail of it', () => {
  const { agentReport } = createValidators();
  assert(
    property(string({ unit: 'binary', maxLength: 300 }), integer({ min: 0, max: 40 }), (noise, times) => {
      const output = `${noise.repeat(times)}\npassword=swordfish the end`;
      const raw: AgentReport = {
        schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
        instance: '7f1b0a52-6f0a-4a43-9a3c-0d2d4c9d1e01',
        generation: 1,
        origin: 'guest',
        outcome: 'failed',
        reason: output,
        startedAt: '2026-01-02T03:04:06Z',
        durationMs: 1,
        resources: [
          {
            resource: 'scripts',
            outcome: 'failed',
            durationMs: 1,
            changes: [{ action: 'run', target: 'script a', detail: output }],
            message: output,
            output,
          },
        ],
      };
      const report = redactReport(raw, none);
      expect(agentReport(report).kind).toBe('valid');
      expect(JSON.stringify(report)).not.toContain('swordfish');
      expect(report.resources[0]?.output).toMatch(/password=\[secret\] the end$/);
    }),
    { numRuns: 60 },
  );
});
