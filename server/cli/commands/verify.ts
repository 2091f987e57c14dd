import { AppError } from '../../domain/errors.ts';
import { DocumentedCommand } from '../documented-command.ts';
import type { CheckedDrive } from '../local-work.ts';
import type { Page } from '../output/page.ts';
import { type Span, styled } from '../output/span.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';
import { renderGuest } from '../views/guest-view.ts';
import { byteSize, counted } from '../views/words.ts';

type ValidDrive = Extract<CheckedDrive['verification'], { kind: 'valid' }>;

interface VerifyFlags extends OutputFlags {
  readonly trustedSigners?: string;
}

/** `ubugi verify`: checks an image as the launcher would, and shows what is in it. Needs no server. */
export function verifyCommand(runtime: Runtime): DocumentedCommand {
  return new DocumentedCommand({
    name: 'verify',
    summary: 'check a drive as the launcher in a guest does, and show what is in it',
    description:
      'Checks the structure of an image, its signature, the hash of every file and its expiry, as the launcher in a guest does, then shows who it is for, who signed it and what it sets up. A drive that is refused exits with 8. Without --trusted-signers the host’s /etc/ubugi/trusted_signers is used; where there is none, the signature is checked by the key that it names itself: that is said in a warning (`signer: not pinned`), and the exit status is 0. Needs no server.',
    examples: [
      { purpose: 'against the signers that this host trusts', line: 'ubugi verify web-01.iso' },
      {
        purpose: 'against those of another place',
        line: 'ubugi verify web-01.iso --trusted-signers demo-out/trusted_signers',
      },
      {
        purpose: 'who may log in by this drive',
        line: "ubugi verify web-01.iso --json | jq -r '.guest.accounts[].name'",
      },
    ],
  })
    .argument('<file>', 'image to check')
    .option(
      '--trusted-signers <file>',
      'allowed signers file of ssh-keygen(1) (default: /etc/ubugi/trusted_signers if it exists)',
    )
    .option('--json', 'print one JSON document')
    .action(async (file: string, flags: VerifyFlags) => {
      await runtime.run(flags, async (output) => {
        const { verification, trustedSigners } = await output.progress(
          `checking ${file}`,
          async () => await runtime.dependencies.local.verifyDrive(file, flags.trustedSigners),
        );
        output.result({ file, trustedSigners, ...verification }, (page) => {
          if (verification.kind === 'valid') renderDrive(page, file, verification, trustedSigners);
          else page.line(styled('bold', file), '  ', styled('red', `refused: ${verification.reason}`));
        });
        if (verification.kind === 'refused') {
          throw new AppError(
            'drive-invalid',
            `${file} is refused: ${verification.message}. Do not boot a machine with it`,
          );
        }
        if (!verification.signer.trusted) {
          output.message((page) => {
            page.line(
              styled('yellow', 'warning: '),
              'signer: not pinned. The signature is right, but anyone can make such a key: name the signers that you trust by --trusted-signers FILE',
            );
          });
        }
      });
    });
}

function renderDrive(page: Page, file: string, drive: ValidDrive, trustedSigners: string | null): void {
  const { manifest, guest, signer } = drive;
  const pinned: Span =
    trustedSigners === null
      ? styled('yellow', 'not pinned')
      : styled('green', `trusted by ${trustedSigners}`);
  page.line(styled('bold', file), '  ', styled('green', 'valid'));
  page.fields([
    ['instance', `${manifest.instance} (${guest.instance.name})`],
    ['generation', String(manifest.generation)],
    ['issued', manifest.issuedAt],
    ...(manifest.notAfter === undefined ? [] : ([['not after', manifest.notAfter]] as const)),
    ...(manifest.replay === undefined
      ? []
      : ([['replay', `may follow generations up to ${manifest.replay.supersedes}`]] as const)),
    ['signed by', signer.fingerprint],
    ['signer', pinned],
    ['payload', manifest.payload],
  ]);
  page.blank();
  page.heading('sets up');
  renderGuest(page, guest);
  page.blank();
  page.heading('files on the drive');
  page.table(
    [{ heading: '', align: 'right' }, { heading: '' }],
    drive.files.map(({ path, size }) => [String(size), path]),
    { indent: 2 },
  );
  const total = drive.files.reduce((sum, { size }) => sum + size, 0);
  page.line(styled('dim', `  ${counted(drive.files.length, 'file')}, ${byteSize(total)}`));
}
