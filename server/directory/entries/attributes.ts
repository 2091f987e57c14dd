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
  'msDS-UserAccountDisabled',
  'userAccountControl',
  'accountExpires',
  'krbPrincipalExpiration',
  'loginExpirationTime',
  'pwdStartTime',
  'pwdEndTime',
] as const;

/** Identifiers that an entry keeps for life, the best first: OpenLDAP (RFC 4530), 389, Active Directory, FreeIPA. */
export const identifierAttributes = ['entryUUID', 'nsUniqueId', 'objectGUID', 'ipaUniqueID'] as const;

/** When an entry was changed, to the second (RFC 4512, section 3.4; Active Directory). */
export const changeTimeAttributes = ['modifyTimestamp', 'whenChanged'] as const;

/** Numbers that no two states of an entry on one server share: OpenLDAP, Active Directory, 389. */
export const changeNumberAttributes = ['entryCSN', 'uSNChanged', 'entryUSN'] as const;

/** What is read of every entry, whatever its kind. Operational: asked for by name. */
export const historyAttributes = [
  ...identifierAttributes,
  ...changeTimeAttributes,
  ...changeNumberAttributes,
  'modifiersName',
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
