import { openStore, type StoreLocation } from '../open-store.ts';

// Takes the lock `sync` and holds it until it is killed.
const store = await openStore(JSON.parse(process.argv[2] ?? '') as StoreLocation);
await store.exclusively('sync', async () => {
  process.stdout.write('held\n');
  await new Promise((resolve) => {
    process.stdin.once('end', resolve).resume();
  });
});
await store.close();
