import { once } from 'node:events';
import { openStore, type StoreLocation } from '../open-store.ts';

// Says that it is there, waits for the word, and opens the store.
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const store = await openStore(JSON.parse(process.argv[2] ?? '') as StoreLocation);
await store.ping();
await store.close();
process.stdin.destroy();
process.stdout.write('migrated\n');
