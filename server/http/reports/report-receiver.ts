import { createHash } from 'node:crypto';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { ReportReceipt } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import { noteReplayReport } from '../../replay/note-report.ts';
import type { ReportTicket } from '../../reports/report-tokens.ts';
import type { NewEvent, StoredInstance, StoreTransaction } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import type { HypervisorGate } from '../hypervisors/hypervisor-gate.ts';
import type { InstanceAccess } from '../instances/instance-access.ts';
import type { Principal } from '../principal.ts';
import { requestInvalid } from '../problem.ts';
import { type Exchange, jsonResponse } from '../route.ts';
import { createRateLimits } from '../webhooks/rate-limit.ts';
import { reportEvents } from './report-events.ts';

/** Takes what guests and hypervisors say they did. */
export interface ReportReceiver {
  /**
   * Answers 204, and a guest 200 with its next token. Fails with `not-found`, `forbidden`, `conflict`,
   * `request-invalid`, `too-many-requests`, and `unauthorized` for a token that was used for another report.
   */
  receive(exchange: Exchange & { readonly body: AgentReport }): Promise<Response>;
}

/** Of one instance. A repair timer of a minute stays below it. */
const pace = { burst: 60, perSecond: 0.2 } as const;
/** Misuse of an instance's tokens that is put into the audit trail: who has one must not fill it. */
const misusePace = { burst: 3, perSecond: 1 / 1200 } as const;

/** Creates the receiver. */
export function createReportReceiver(
  ports: AppPorts,
  access: InstanceAccess,
  gate: HypervisorGate,
): ReportReceiver {
  const { store, clock, metrics, reportTokens, reportsKept } = ports;
  const rates = createRateLimits({ clock }, pace);
  const misuses = createRateLimits({ clock }, misusePace);

  async function tellMisuse({ instance, generation }: ReportTicket, reason: string): Promise<void> {
    metrics.countRefusedReport('token');
    if (!misuses.take(instance)) return;
    const event: NewEvent = {
      at: clock.now().toISOString(),
      actor: `guest:${instance}`,
      action: 'report-token-misused',
      instance,
      reason,
      details: { generation },
    };
    await store.transaction((transaction) => transaction.appendEvent(event));
  }

  /** A guest is told of no instance but its own, not even whether there is one. */
  async function find(exchange: Exchange, ticket: ReportTicket | undefined): Promise<StoredInstance> {
    if (ticket !== undefined && exchange.path['id']?.toLowerCase() !== ticket.instance) {
      const reason = 'the report token of this instance was sent for another one';
      await tellMisuse(ticket, reason);
      throw new AppError('forbidden', `${reason}; a guest reports about itself only`);
    }
    return await access.find(exchange);
  }

  function check(body: AgentReport, instance: StoredInstance, ticket: ReportTicket | undefined): void {
    if (body.instance !== instance.id) {
      throw requestInvalid('body', [
        {
          pointer: '/instance',
          message: 'is another instance than that of the path',
          remedy: `send it to /v1/instances/${body.instance}/reports`,
        },
      ]);
    }
    if (ticket !== undefined && body.origin !== 'guest') {
      throw requestInvalid('body', [
        { pointer: '/origin', message: 'is not guest', remedy: 'send what the guest did, with origin guest' },
      ]);
    }
    // A drive that is refused may be of any generation; its own token is not to be trusted then.
    if (ticket !== undefined && body.generation !== ticket.generation && body.outcome !== 'refused') {
      throw new AppError(
        'forbidden',
        `the token is for generation ${ticket.generation} and the report about ${body.generation}; use the token of that generation’s drive`,
      );
    }
    if (instance.newest === null || body.generation > instance.newest) {
      throw new AppError(
        'conflict',
        `instance ${instance.record.name} (${instance.id}) has no generation ${body.generation}; its newest is ${instance.newest ?? 'none'}`,
      );
    }
  }

  async function save(
    transaction: StoreTransaction,
    body: AgentReport,
    instance: StoredInstance,
    { actor, hypervisor }: Principal,
  ): Promise<void> {
    const at = clock.now().toISOString();
    await transaction.saveReport(body, at, reportsKept);
    if (hypervisor !== null) await transaction.seeHypervisor(hypervisor, at);
    await transaction.appendEvents(reportEvents(body, { at, actor, instance: instance.id }));
    await noteReplayReport(transaction, instance.id, body, { at, actor });
  }

  return {
    receive: async (exchange) => {
      const { principal, body } = exchange;
      const { ticket } = principal;
      let instance = await find(exchange, ticket);
      if (!rates.take(instance.id)) {
        metrics.countRefusedReport('rate');
        throw new AppError(
          'too-many-requests',
          `instance ${instance.record.name} sends too many reports; send this one again later`,
        );
      }
      try {
        check(body, instance, ticket);
      } catch (error) {
        metrics.countRefusedReport('content');
        throw error;
      }
      // That a drive is attached there is how the target of a migration says that the instance has come.
      if (body.origin === 'hypervisor' && body.outcome === 'attached')
        instance = await gate.admit(instance, exchange, 'running');
      const verdict = await store.transaction(async (transaction) => {
        const use = ticket === undefined ? 'first' : await useTicket(transaction, ticket, body);
        if (use === 'first') await save(transaction, body, instance, principal);
        return use;
      });
      if (verdict === 'first') metrics.countReport(body.origin, body.outcome);
      if (ticket === undefined || reportTokens === undefined) return new Response(null, { status: 204 });
      if (verdict === 'used') {
        const reason = 'a report token of this instance was used a second time, for another report';
        await tellMisuse(ticket, reason);
        throw new AppError('unauthorized', `${reason}; the next generation’s drive brings a new one`);
      }
      const receipt: ReportReceipt = {
        nextToken: reportTokens.issue({ ...ticket, counter: ticket.counter + 1 }),
      };
      return jsonResponse(receipt);
    },
  };
}

/** Uses a token up. `again`: the very report that it was used for; its answer must have been lost. */
async function useTicket(
  transaction: StoreTransaction,
  { instance, generation, counter }: ReportTicket,
  body: AgentReport,
): Promise<'first' | 'again' | 'used'> {
  // Keeps other reports of this instance out until the commit.
  await transaction.instance(instance);
  const { accepted, lastSha256 } = await transaction.reportCounter(instance, generation);
  const sha256 = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  if (counter + 1 === accepted && sha256 === lastSha256) return 'again';
  // More than was counted: this server made it, so the database is an older copy.
  if (counter < accepted) return 'used';
  await transaction.saveReportCounter(instance, generation, { accepted: counter + 1, lastSha256: sha256 });
  return 'first';
}
