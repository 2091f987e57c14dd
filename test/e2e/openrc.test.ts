import { describeMachineLife } from './machine-life.ts';

describeMachineLife('openrc', {
  again: 'rc-service ubugi restart',
  failed: 'rc-status --crashed; true',
  network: { question: 'cat /run/network/ifstate', answer: /^ens\d+=ens\d+$/m },
});
