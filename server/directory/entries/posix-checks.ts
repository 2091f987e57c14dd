import type { Validators } from '../../../schemas/validation/validator.ts';
import { byDefinition, type Check, refused } from './entry-reader.ts';
import { isReservedAccount, isReservedGroup } from './reserved-names.ts';

/** Checks of values that accounts, groups and sudoRoles share. Built once a directory. */
export interface PosixChecks {
  readonly accountName: Check<string>;
  readonly groupName: Check<string>;
  /** A number of an account or group of people: not below `minimumUid`. */
  readonly personalId: Check<number>;
  readonly gecos: Check<string>;
  /**
   * A common name, as text for GECOS: names such as `Doe, Jane` are usual, and what separates fields in passwd(5)
   * becomes a blank.
   */
  readonly commonName: Check<string>;
  readonly home: Check<string>;
  readonly shell: Check<string>;
}

/** Folders of the system, where nothing may be a home; the trees among them neither. */
const systemTrees =
  /^\/(bin|boot|dev|etc|lib|lib32|lib64|libx32|proc|root|run|sbin|sys|tmp|usr|var\/tmp|var\/run)(\/|$)/;
const systemFolders = /^\/(home|lost\+found|media|mnt|opt|srv|var|var\/[^/]+)$/;

export function createPosixChecks(validators: Pick<Validators, 'common'>, minimumUid: number): PosixChecks {
  const accountName = byDefinition(validators.common<string>('accountName'));
  const gecos = byDefinition(validators.common<string>('gecos'));
  const text = byDefinition(validators.common<string>('text'));
  const absolutePath = byDefinition(validators.common<string>('absolutePath'));
  const numericId = validators.common<number>('numericId');

  function unlessReserved(isReserved: (name: string) => boolean): Check<string> {
    return (text) => {
      // Before the allow-list, so that `ALL` is told apart from a spelling mistake.
      if (isReserved(text))
        return refused('is a name that belongs to the operating system', 'choose another name');
      return accountName(text);
    };
  }

  return {
    accountName: unlessReserved(isReservedAccount),
    groupName: unlessReserved(isReservedGroup),
    personalId(text) {
      if (!/^(0|[1-9]\d{0,9})$/.test(text)) return refused('is not a number', 'give a decimal number');
      const id = Number(text);
      if (id === 0) return refused('is 0, which is root', `give a number from ${minimumUid} on`);
      if (id < minimumUid) {
        return refused(
          `is below ${minimumUid}, where the system's own begin`,
          `give a number from ${minimumUid} on`,
        );
      }
      if (numericId(id).kind === 'invalid') {
        return refused('is reserved (nobody, or the kernel)', 'give another number');
      }
      return { kind: 'ok', value: id };
    },
    gecos,
    commonName(value) {
      const checked = text(value);
      if (checked.kind === 'refused') return checked;
      const [cut = ''] = /^.{0,127}/su.exec(checked.value.replaceAll(/[:,]+ */g, ' ')) ?? [];
      return gecos(cut.trim());
    },
    home(text) {
      const checked = absolutePath(text);
      if (checked.kind === 'refused') return checked;
      if (systemTrees.test(text) || systemFolders.test(text)) {
        return refused('is a folder of the system', 'give a folder of its own, such as one in /home');
      }
      return checked;
    },
    shell: absolutePath,
  };
}
