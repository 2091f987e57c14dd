/**
 * `./run demo [--vm]`: the main job on the embedded default, told as it goes. Everything is done by the product's own
 * programs, called as a user calls them; what is left behind is in `demo-out/`.
 */
import { join, resolve } from 'node:path';
import { dressMachine } from './dress-machine.ts';
import { dressRoot } from './dress-root.ts';
import { prepareSite } from './site.ts';
import { createStage } from './stage.ts';

const root = resolve(import.meta.dirname, '../..');
const usage = 'usage: ./run demo [--vm]';
const [option, ...rest] = process.argv.slice(2);
if ((option !== undefined && option !== '--vm') || rest.length > 0) {
  console.error(usage);
  process.exit(2);
}

const stage = createStage(process.stdout);
const site = await prepareSite({ root, output: join(root, 'demo-out'), stage });
try {
  await site.sync();
  await site.buildDrive('web-01');
  await (option === '--vm' ? dressMachine(site, stage) : dressRoot(site, stage));
} finally {
  await site.close();
}
