/** What stands in `/etc/ubugi/trusted_signers`. */
export interface SignerCase {
  readonly name: string;
  /** @param key public key that signed the drive, as in an `.pub` file. */
  readonly signers: (key: string) => string;
  /** Whether a drive with that key's signature is taken. */
  readonly taken?: true;
}

const someoneElse = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbLEKcD+cbTm2jVGYKhMxS1dqsoHnw9Hi5TXkA1x0Pz';

/** Signers as an image may have them pinned. */
export const signerCases: readonly SignerCase[] = [
  { name: 'the signer', signers: (key) => `ubugi namespaces="ubugi-drive" ${key}\n`, taken: true },
  { name: 'the signer, for any purpose', signers: (key) => `ubugi ${key}\n`, taken: true },
  {
    name: 'the signer beside another, as while keys are changed',
    signers: (key) => `# two\nubugi ${someoneElse}\nubugi ${key}\n`,
    taken: true,
  },
  {
    name: 'the signer within its time',
    signers: (key) => `ubugi valid-after="20200101Z",valid-before="29990101Z" ${key}\n`,
    taken: true,
  },
  { name: 'nobody', signers: () => '' },
  { name: 'no readable line', signers: () => 'ubugi\n\u0000\n' },
  { name: 'another signer, the one before being revoked', signers: () => `ubugi ${someoneElse}\n` },
  { name: 'the signer, commented out', signers: (key) => `# ubugi ${key}\n` },
  { name: 'the signer after its time', signers: (key) => `ubugi valid-before="20200101Z" ${key}\n` },
  { name: 'the signer before its time', signers: (key) => `ubugi valid-after="29990101Z" ${key}\n` },
  { name: 'the signer for another purpose', signers: (key) => `ubugi namespaces="git" ${key}\n` },
  { name: 'the signer under another name', signers: (key) => `git ${key}\n` },
  { name: 'the signer shut out by name', signers: (key) => `*,!ubugi ${key}\n` },
  {
    name: 'the key as an authority that signs certificates, not drives',
    signers: (key) => `ubugi cert-authority ${key}\n`,
  },
];
