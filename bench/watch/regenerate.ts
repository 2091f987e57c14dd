import { request } from 'node:http';
import { text } from 'node:stream/consumers';

/** Gives an instance another drive, over the server's Unix socket. Fails unless it did. */
export function regenerate(socketPath: string, instance: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const path = `/v1/instances/${instance}/regenerate`;
    const asking = request({ socketPath, method: 'POST', path, headers });
    asking.on('error', reject);
    asking.on('response', (answer) => {
      text(answer).then((body) => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`POST ${path} answered ${answer.statusCode}: ${body}`));
      }, reject);
    });
    asking.end('{"force":true}');
  });
}
