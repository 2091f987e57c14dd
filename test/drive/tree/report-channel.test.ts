import { generateKeyPairSync } from 'node:crypto';
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { imageInMemory } from '../../../schemas/drive-format/image-source.ts';
import { verifyDrive } from '../../../schemas/drive-format/verify-drive.ts';
import type { ReportChannel } from '../../../schemas/types/report-channel.ts';
import schema from '../../../schemas/v1/report-channel.json' with { type: 'json' };
import { createValidators } from '../../../schemas/validation/validator.ts';
import { signingKey } from '../../../server/drive/signing-key.ts';
import { reportChannelFiles } from '../../../server/drive/tree/report-channel.ts';
import { createReportTokens } from '../../../server/reports/report-tokens.ts';
import { openDriveWorkbench } from '../drive-workbench.ts';
import { sampleGeneration, sampleId } from '../sample-generation.ts';

const key = signingKey(generateKeyPairSync('ed25519').privateKey);
const tokens = createReportTokens(key.deriveSecret('ubugi report tokens'));

it('names the server and the token for the first report about the generation', () => {
  const destination = { url: 'https://ubugi.example.com/base/', caCertificates: 'PEM', tokens };
  const [file] = reportChannelFiles(sampleGeneration({ number: 7 }), destination);
  const channel = JSON.parse(file?.content.toString() ?? '') as ReportChannel;
  expect(new Ajv().compile(schema)(channel)).toBe(true);
  expect(file?.path).toBe('ubugi/report.json');
  expect(channel).toMatchObject({
    url: `https://ubugi.example.com/base/v1/instances/${sampleId(1)}/reports`,
    caCertificates: 'PEM',
  });
  expect(tokens.recognise(channel.token)).toEqual({ instance: sampleId(1), generation: 7, counter: 0 });
  expect(reportChannelFiles(sampleGeneration(), undefined)).toEqual([]);
});

it('leaves the drive the same bit for bit, and is in the manifest', async () => {
  const reports = { url: 'https://ubugi.example.com', caCertificates: undefined, tokens };
  await using one = await openDriveWorkbench({ key, reports });
  await using other = await openDriveWorkbench({ key, reports });
  const image = await one.image(sampleGeneration());
  expect((await other.image(sampleGeneration())).equals(image)).toBe(true);
  const verified = verifyDrive(imageInMemory(image), {
    validators: createValidators(),
    trustedSigners: one.trustedSigners,
  });
  if (verified.kind !== 'valid') throw new Error(verified.kind);
  expect(verified.manifest.files.map(({ path }) => path)).toContain('ubugi/report.json');
});

it('the secret that tokens come from is the key’s own and another for each purpose', () => {
  const other = signingKey(generateKeyPairSync('ed25519').privateKey);
  const secrets = [key.deriveSecret('a'), key.deriveSecret('b'), other.deriveSecret('a')];
  expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(3);
  expect(key.deriveSecret('a')).toEqual(secrets[0]);
  expect(secrets[0]).toHaveLength(32);
});
