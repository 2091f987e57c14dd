import type { Clock } from '../../../domain/clock.ts';
import type { HttpClient } from '../../http-client/http-client.ts';

/** A client that notes when the server was asked first. */
export interface TimedClient extends HttpClient {
  /**
   * By the server's clock (`Date`) or this one's, whichever is earlier: a reading that starts too early only repeats.
   * The present time before the first answer.
   */
  askedAt(): Date;
}

/** Notes the time of the first answer of a client. */
export function timedClient(client: HttpClient, clock: Clock): TimedClient {
  let first: number | undefined;
  return {
    async send(request) {
      const asked = clock.now().getTime();
      const answer = await client.send(request);
      if (first === undefined) {
        const elapsed = Math.max(0, clock.now().getTime() - asked);
        const said = Date.parse(answer.headers.date ?? '');
        first = Number.isNaN(said) ? asked : Math.min(asked, said - elapsed);
      }
      return answer;
    },
    close: () => client.close(),
    askedAt: () => new Date(first ?? clock.now().getTime()),
  };
}
