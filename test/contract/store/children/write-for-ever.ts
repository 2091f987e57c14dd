import { writeSync } from 'node:fs';
import { openStore, type StoreLocation } from '../open-store.ts';
import { sampleEvent, sampleGeneration, sampleId, sampleInstance } from '../samples.ts';

// Commits one generation of each of five instances with its event, again and again, and says the number of each
// commit once it is acknowledged, until it is killed.
const store = await openStore(JSON.parse(process.argv[2] ?? '') as StoreLocation);
const instances = [1, 2, 3, 4, 5];
for (let count = 0; ; count += 1) {
  const number = await store.transaction(async (transaction) => {
    let newest = 0;
    for (const instance of instances) {
      await transaction.saveInstances([sampleInstance(instance, { tags: ['a', 'b'] })]);
      [newest = 0] = await transaction.appendGenerations([
        // With a part that is new in each commit.
        sampleGeneration(instance, { scripts: [{ name: 's', content: `${process.pid} ${count}` }] }),
      ]);
      await transaction.appendEvent(
        sampleEvent({ instance: sampleId(instance), details: { number: newest } }),
      );
    }
    return newest;
  });
  writeSync(1, `${number}\n`);
}
