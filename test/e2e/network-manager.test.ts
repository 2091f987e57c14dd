import { describeMachineLife } from './machine-life.ts';

describeMachineLife('network-manager', {
  again: 'systemctl restart ubugi',
  failed: 'systemctl --failed --no-legend --plain',
  network: {
    question: 'nmcli --terse --fields NAME,STATE connection show --active | grep -v ^lo:',
    answer: /^ubugi.*:activated$/,
  },
});
