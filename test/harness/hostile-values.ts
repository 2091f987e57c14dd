/** Values of the table of attacks: none of them may pass an allow-list. */
export const hostileValues: Readonly<Record<string, string>> = {
  newline: 'web\nroot ALL=(ALL) NOPASSWD: ALL',
  'carriage return': 'web\rroot',
  traversal: '../../etc/passwd',
  'local group': '%wheel',
  everybody: 'ALL',
  'key option': 'command="/bin/sh" ssh-ed25519 AAAA',
  '10 kB': 'a'.repeat(10_240),
  nul: 'web\0root',
  'right-to-left override': 'web\u202etoor',
  'zero width': 'we\u200bb',
  escape: 'web\u001b[2J',
};
