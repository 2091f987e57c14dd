/** Attributes that are read of each kind of entry, as their schemas spell them. */
export const accountAttributes = [
  'uid',
  'cn',
  'uidNumber',
  'gidNumber',
  'gecos',
  'homeDirectory',
  'loginShell',
  'sshPublicKey',
] as const;

/** posixGroup of RFC 2307. */
export const groupAttributes = ['cn', 'gidNumber', 'memberUid'] as const;

/** nisNetgroup of RFC 2307. */
export const netgroupAttributes = ['cn', 'nisNetgroupTriple', 'memberNisNetgroup'] as const;

/** sudoRole of sudoers.ldap(5). */
export const sudoRoleAttributes = [
  'cn',
  'sudoUser',
  'sudoHost',
  'sudoCommand',
  'sudoRunAs',
  'sudoRunAsUser',
  'sudoRunAsGroup',
  'sudoOption',
  'sudoOrder',
  'sudoNotBefore',
  'sudoNotAfter',
] as const;
