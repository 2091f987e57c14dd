import { AppError } from '../../domain/errors.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import { emptyNovaAnswer, type NovaAnswerForm, novaAnswer } from '../../nova/nova-answer.ts';
import { createNovaRecords } from '../../nova/nova-records.ts';
import { readNovaRequest } from '../../nova/nova-request.ts';
import type { StoredGeneration } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import { readBounded, refuseCompressed } from '../json-body.ts';
import type { Principal } from '../principal.ts';
import { createRateLimits } from '../webhooks/rate-limit.ts';

/** Answers Nova's requests for dynamic vendor-data. */
export interface VendordataAnswerer {
  /**
   * The answer as JSON. An instance that the CMDB does not have gets `{}`. Fails with `request-invalid`, `too-large`, and,
   * where CMDB or directory do not answer, with their errors: Nova decides what that means for the boot.
   */
  answer(request: Request, principal: Principal, form: NovaAnswerForm): Promise<Buffer>;
}

/** Bytes: user-data has 64 KiB at most in Nova, metadata some more. */
export const vendordataLimit = 1024 * 1024;

/** Milliseconds of Nova's five that looking an unknown instance up may take; what Keystone took comes on top. */
const lookupMs = 3000;
/** For so long an instance that the CMDB does not have is not looked up again: Nova asks five times within a second. */
const absentMs = 5000;
const mostAbsent = 10_000;
/** An unknown instance is told of once within this time; a guest can make Nova ask as often as it likes. */
const tellOnce = { burst: 1, perSecond: 1 / 300 } as const;

/** Creates the answerer. */
export function createVendordataAnswerer(
  ports: Pick<AppPorts, 'store' | 'lookup' | 'clock' | 'log'>,
): VendordataAnswerer {
  const { store, lookup, clock } = ports;
  const records = createNovaRecords(ports);
  const tell = createRateLimits({ clock }, tellOnce);
  const absent = new Map<InstanceId, number>();

  async function current(id: InstanceId, actor: string): Promise<StoredGeneration | undefined> {
    const known = await store.instance(id);
    if (known?.removedAt === null && known.newest !== null) return await store.newestGeneration(id);
    const now = clock.now().getTime();
    if ((absent.get(id) ?? 0) > now) return undefined;
    const found = await within(lookup.find(id, actor));
    if (found?.removedAt === null && found.newest !== null) return await store.newestGeneration(id);
    absent.delete(id);
    absent.set(id, now + absentMs);
    const [oldest] = absent.keys();
    if (absent.size > mostAbsent && oldest !== undefined) absent.delete(oldest);
    return undefined;
  }

  async function noteAbsent(id: InstanceId, actor: string): Promise<void> {
    if (!tell.take(id)) return;
    try {
      await store.transaction((transaction) =>
        transaction.appendEvent({
          at: clock.now().toISOString(),
          actor,
          action: 'nova-instance-unknown',
          instance: id,
          reason: 'Nova asked for vendor-data of an instance that the CMDB does not have; it got none',
          details: {},
        }),
      );
    } catch (error) {
      ports.log.warn({ err: error, instance: id }, 'an instance that is not in the CMDB could not be noted');
    }
  }

  return {
    answer: async (request, { actor }, form) => {
      refuseCompressed(request);
      const asked = readNovaRequest(await readBounded(request, vendordataLimit));
      const generation = await current(asked.instance, actor);
      if (generation === undefined) {
        await noteAbsent(asked.instance, actor);
        return emptyNovaAnswer;
      }
      await records.note(asked, actor);
      return novaAnswer(generation, form);
    },
  };
}

/** The look-up goes on when nobody waits for it any more: Nova's next request finds what it found. */
async function within<T>(work: Promise<T>): Promise<T> {
  const deadline = AbortSignal.timeout(lookupMs);
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener('abort', () => {
      reject(
        new AppError(
          'inventory-unavailable',
          `the CMDB did not answer within ${lookupMs / 1000} s, and Nova waits no longer; set sync.lookupSeconds lower`,
        ),
      );
    });
  });
  return await Promise.race([work, late]);
}
