/** Where the kernel or the next boot would undo a file, or where other resources write. */
const refused: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /^\/(proc|sys|dev|run|var\/run|tmp|var\/tmp)(\/|$)/, why: 'nothing lasts there' },
  {
    pattern: /^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid|\.pwd\.lock)-?$/,
    why: 'groups and accounts are written by their own resources',
  },
  { pattern: /^\/etc\/sudoers(\.d(\/|$)|$)/, why: 'sudo rules are written by their own resource' },
  {
    pattern: /^\/etc\/ssh\/(authorized_keys\.d(\/|$)|sshd_config$|sshd_config\.d\/05-ubugi\.conf$)/,
    why: 'keys are written by their own resource',
  },
  { pattern: /^\/(var\/lib\/ubugi|etc\/ubugi|usr\/lib\/ubugi)(\/|$)/, why: "it is Ubugi's own" },
  { pattern: /^\/etc\/(hostname|hosts|resolv\.conf)$/, why: 'it is written by the resource of that name' },
];

/** Why a path of `files` is refused; `undefined` if it is not. */
export function refusalOf(path: string): string | undefined {
  return refused.find(({ pattern }) => pattern.test(path))?.why;
}
