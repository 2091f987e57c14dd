/** Every reason for which a drive, or a part of it, is refused. */
export type RefusalReason =
  | 'not-an-iso-image'
  | 'wrong-label'
  | 'truncated'
  | 'trailing-data'
  | 'damaged'
  | 'forbidden-entry'
  | 'trees-differ'
  | 'hidden-data'
  | 'too-large'
  | 'missing-file'
  | 'unlisted-file'
  | 'wrong-size'
  | 'wrong-hash'
  | 'manifest-invalid'
  | 'guest-configuration-invalid'
  | 'bad-signature'
  | 'unknown-signer'
  | 'wrong-instance'
  | 'older-generation'
  | 'expired';

/** The typed failure of every parser of the drive format: what is wrong with which part of the drive. */
export class DriveRefusal extends Error {
  override readonly name = 'DriveRefusal';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
