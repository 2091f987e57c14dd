import { type AllowedSigner, parseAllowedSigners } from '../../schemas/drive-format/allowed-signers.ts';
import type { ImportReport, ImportRequest } from '../../schemas/types/api.ts';
import type { Validators } from '../../schemas/validation/validator.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { Store } from '../store/store.ts';
import { addressConflicts, addressesOf } from './address-conflicts.ts';
import { type VerifiedBundle, verifyBundle } from './open-bundle.ts';
import { type ReadyInstance, readExported } from './read-exported.ts';
import { createSiteNames } from './site-mapping.ts';
import { bundleOf, writeInstance } from './write-instance.ts';

/** What importing works with. */
export interface ImportPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly validators: Validators;
  /** Line of an allowed signers file: this server's own exports are always taken. */
  readonly exportSigners: string;
  /** Whose exports are taken too, as the configuration names them now. Fails with `configuration-invalid`. */
  readonly trustedSigners: () => Promise<readonly AllowedSigner[]>;
  /** Newest reports that are kept of each instance. */
  readonly reportsKept: number;
}

type Outcome = ImportReport['outcomes'][number];

/**
 * Imports an export: its signature is checked first, then all of it, and only then is anything written, an instance a
 * transaction. Interrupted, it goes on where it was when it is asked for again. Fails with `request-invalid`, and with
 * `busy` while another import is under way.
 * @param path of the gzip file
 */
export async function importBundle(
  ports: ImportPorts,
  path: string,
  { request, actor }: { readonly request: ImportRequest; readonly actor: string },
): Promise<ImportReport> {
  const { store, clock, exportSigners } = ports;
  const trustedSigners = [
    ...signersOf(`${exportSigners}\n${request.trustedSigners ?? ''}`),
    ...(await ports.trustedSigners()),
  ];
  const names = createSiteNames(request.mapping ?? {});
  const bundle = await verifyBundle(path, { trustedSigners, now: clock.now() });
  const read = () => readExported(path, { validators: ports.validators, names });
  const outcomes = await foresee(store, bundle, read());
  const isStopped = request.skipConflicts !== true && outcomes.some(({ outcome }) => outcome === 'conflict');
  const report = { ...bundle, dryRun: request.dryRun === true, outcomes };
  if (report.dryRun || isStopped) return { ...report, written: false };
  const done = await store.exclusively(
    'import',
    async () => await write(ports, read(), { bundle, outcomes, actor }),
  );
  if (done === undefined) throw new AppError('busy', 'another import is under way: wait for it to finish');
  return { ...report, outcomes: done.value, written: true };
}

/** What would become of each instance; nothing is written. */
async function foresee(
  store: Store,
  bundle: VerifiedBundle,
  instances: AsyncIterable<ReadyInstance>,
): Promise<Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  const names = new Map<string, string>();
  const addresses = new Map<string, string>();
  for await (const { exported } of instances) {
    const { record, generations, removedAt } = exported;
    const id = record.id as InstanceId;
    if (outcomes.has(id)) throw new AppError('request-invalid', `the export has instance ${id} twice`);
    const outcome: Outcome = {
      instance: id,
      name: record.name,
      outcome: 'foreseen',
      generations: generations.length,
    };
    outcomes.set(id, outcome);
    if ((await store.instance(id)) !== undefined) {
      const isSame = (await bundleOf(store, id)) === bundle.sha256;
      outcomes.set(
        id,
        isSame
          ? { ...outcome, outcome: 'present' }
          : conflict(outcome, 'an instance of this UUID is here already'),
      );
      continue;
    }
    if (removedAt !== null) continue;
    const namesakes = await store.instancesNamed(record.name);
    const other = namesakes.find((namesake) => namesake.removedAt === null)?.id ?? names.get(record.name);
    names.set(record.name, id);
    if (other !== undefined) outcomes.set(id, conflict(outcome, `its name is that of instance ${other}`));
    for (const address of addressesOf(record)) {
      const owner = addresses.get(address);
      addresses.set(address, id);
      if (owner !== undefined && owner !== id)
        outcomes.set(
          id,
          conflict(outcome, `its address ${address} is that of instance ${owner} in the export`),
        );
    }
  }
  for (const { instance, address, owner } of await addressConflicts(store, addresses)) {
    const outcome = outcomes.get(instance);
    if (outcome?.outcome === 'foreseen')
      outcomes.set(instance, conflict(outcome, `its address ${address} is that of instance ${owner}`));
  }
  return [...outcomes.values()];
}

async function write(
  { store, clock, reportsKept }: ImportPorts,
  instances: AsyncIterable<ReadyInstance>,
  {
    bundle,
    outcomes,
    actor,
  }: { readonly bundle: VerifiedBundle; readonly outcomes: readonly Outcome[]; readonly actor: string },
): Promise<Outcome[]> {
  const results = new Map(outcomes.map((outcome) => [outcome.instance, outcome]));
  for await (const ready of instances) {
    const foreseen = results.get(ready.exported.record.id);
    if (foreseen?.outcome !== 'foreseen') continue;
    const at = clock.now().toISOString();
    const isWritten = await store.transaction(
      async (transaction) => await writeInstance(transaction, ready, { bundle, actor, at, reportsKept }),
    );
    results.set(
      foreseen.instance,
      isWritten
        ? { ...foreseen, outcome: 'imported' }
        : conflict(foreseen, 'an instance of this UUID came meanwhile'),
    );
  }
  const all = [...results.values()];
  const count = (wanted: Outcome['outcome']) => all.filter(({ outcome }) => outcome === wanted).length;
  await store.transaction((transaction) =>
    transaction.appendEvent({
      at: clock.now().toISOString(),
      actor,
      action: 'import-finished',
      instance: null,
      reason: 'import',
      details: {
        ...bundle,
        imported: count('imported'),
        present: count('present'),
        conflicts: count('conflict'),
      },
    }),
  );
  return all;
}

function conflict(outcome: Outcome, problem: string): Outcome {
  return { ...outcome, outcome: 'conflict', problem };
}

function signersOf(text: string): readonly AllowedSigner[] {
  const parsed = parseAllowedSigners(text);
  if (parsed.kind === 'valid') return parsed.signers;
  const [problem] = parsed.problems;
  // Before it stands a line of our own.
  const line = (problem?.line ?? 1) - 1;
  throw new AppError(
    'request-invalid',
    `the trusted signers are wrong in line ${line}: ${problem?.message ?? ''}`,
  );
}
