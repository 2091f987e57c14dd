import { openStore, type StoreLocation } from '../../contract/store/open-store.ts';
import { dyingStore } from '../dying-store.ts';
import { createRolloutWorld } from '../rollout-world.ts';

// Moves the rollouts of a store on, says so after its nth commit, and waits there to be killed, with its locks held.
const store = await openStore(JSON.parse(process.argv[2] ?? '') as StoreLocation);
const hang = async (): Promise<never> => {
  process.stdout.write('committed\n');
  return await new Promise<never>((_, reject) => {
    process.stdin.once('end', () => reject(new Error('not killed'))).resume();
  });
};
const dying = dyingStore(store, Number(process.argv[3]), 'after', hang);
const world = await createRolloutWorld(4, { store: dying, filled: true });
world.setMotd('two\n');
await world.advance();
