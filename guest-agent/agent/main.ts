import { version } from 'ubugi:build';
import { guestConfiguration, manifest } from 'ubugi:validators';
import * as native from 'native';
import { createAgent } from './agent.ts';
import { createQuickJsSystem } from './system/quickjs-system.ts';
import { messageOf } from './system/system.ts';

const agent = createAgent({
  system: createQuickJsSystem(),
  validators: { guestConfiguration, manifest },
  version,
  print: native.print,
});

try {
  native.exit(agent(scriptArgs.slice(1)));
} catch (error) {
  native.print(`ubugi: ${messageOf(error)}\n`);
  native.exit(1);
}
