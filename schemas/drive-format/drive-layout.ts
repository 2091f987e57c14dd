/** Volume id of a drive: what cloud-init, cloudbase-init and Afterburn look for. */
export const driveLabel = 'config-2';

/** Media type of a drive's image. */
export const driveMediaType = 'application/x-iso9660-image';

/** Namespace of the manifest's signature (ssh-keygen(1), `-n`). */
export const signatureNamespace = 'ubugi-drive';

/** Principal that signs drives. */
export const signerPrincipal = 'ubugi';

/** Paths on the drive that have a meaning of their own. */
export const drivePaths = {
  guest: 'ubugi/guest.json',
  reportChannel: 'ubugi/report.json',
  manifest: 'ubugi/manifest.json',
  signature: 'ubugi/manifest.sig',
  launch: 'ubugi/launch',
  agents: 'ubugi/agent',
  scripts: 'ubugi/scripts',
} as const;

/** Most bytes that one file of a drive may have: the manifest's schema says the same. */
export const maxFileSize = 64 * 1024 * 1024;

/** SSHSIG namespace of exports (docs/export-format.md). */
export const exportNamespace = 'ubugi-export';
