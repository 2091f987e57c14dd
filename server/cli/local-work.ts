import type { DriveVerification } from '../../schemas/drive-format/verify-drive.ts';
import type { FileProblem } from '../../schemas/validation/yaml-document.ts';

/** A drive that was checked, and against whom. */
export interface CheckedDrive {
  readonly verification: DriveVerification;
  /** The file of trusted signers; null: none, the signature was checked by the key it names itself. */
  readonly trustedSigners: string | null;
}

/** A server that answers. */
export interface ServingServer {
  /** Where it listens: URL and path of the local socket. */
  readonly addresses: readonly string[];
  /** Settles when it has ended; fails as it failed. */
  readonly ended: Promise<void>;
}

/** Work that a command does in its own process, without a server. Loaded on first use: the other commands start fast. */
export interface LocalWork {
  /** Everything that is wrong with a server configuration and the files it names; empty: it is valid. */
  checkConfig(file: string): Promise<readonly FileProblem[]>;
  /** Starts the server; it ends when `signal` aborts. Fails with `configuration-invalid` and all problems. */
  serve(file: string, signal: AbortSignal): Promise<ServingServer>;
  /**
   * Checks an image as the launcher in a guest does.
   * @param trustedSigners allowed signers file (ssh-keygen(1)); undefined: the host's, if it has one
   * Fails with `not-found` or `configuration-invalid` where a file cannot be read or the signers are not valid.
   */
  verifyDrive(file: string, trustedSigners: string | undefined): Promise<CheckedDrive>;
  /**
   * Policy files with their content, in the order given. Fails with `policy-invalid` and all problems where one cannot
   * be read or is not valid.
   */
  readPolicy(
    files: readonly string[],
  ): Promise<readonly { readonly name: string; readonly content: string }[]>;
}
