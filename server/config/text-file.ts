import { readFile } from 'node:fs/promises';
import type { FileProblem } from '../../schemas/validation/yaml-document.ts';
import { systemErrorCode } from './secret-file.ts';

/** Text of a UTF-8 file, or why there is none. */
export type TextFile =
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly problem: FileProblem };

/** Reads a file as UTF-8 and refuses bytes that are not. */
export async function readTextFile(file: string): Promise<TextFile> {
  try {
    return { kind: 'read', text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)) };
  } catch (error) {
    const notText = error instanceof TypeError;
    return {
      kind: 'unreadable',
      problem: {
        file,
        line: 1,
        pointer: '',
        message: notText ? 'is not UTF-8 text' : `cannot be read (${systemErrorCode(error)})`,
        remedy: notText ? 'save it as UTF-8' : 'create it, or correct the path or its permissions',
      },
    };
  }
}
