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

/** What says that an account is locked or ends, in any schema. Some are operational and must be asked for by name. */
export const accountStateAttributes = [
  'shadowExpire',
  'pwdAccountLockedTime',
  'nsAccountLock',
  'loginDisabled',
  'userAccountControl',
  'accountExpires',
  'krbPrincipalExpiration',
] as const;

/** With them Active Directory says which group an account is a member of without being listed there. */
export const primaryGroupAttributes = ['objectSid', 'primaryGroupID'] as const;

/** posixGroup of RFC 2307. */
export const groupAttributes = ['cn', 'gidNumber', 'memberUid'] as const;

/** Groups whose members are DNs: groupOfNames, groupOfUniqueNames, and `group` of Active Directory. */
export const nestedGroupAttributes = ['objectClass', 'cn', 'gidNumber', 'member', 'uniqueMember'] as const;

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
