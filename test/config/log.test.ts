import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createLog } from '../../server/config/log.ts';

it('writes JSON lines without secrets', () => {
  const lines = new PassThrough({ encoding: 'utf8' });
  const log = createLog('info', lines);
  log.info(
    { headers: { authorization: 'Bearer s3cret' }, a: { b: { password: 's3cret' } }, token: 's3cret' },
    'hello',
  );
  log.debug('not this one');
  const text = String(lines.read());
  expect(JSON.parse(text)).toMatchObject({
    level: 'info',
    msg: 'hello',
    headers: { authorization: '[redacted]' },
    time: expect.stringMatching(/Z$/),
  });
  expect(text).not.toContain('s3cret');
});
