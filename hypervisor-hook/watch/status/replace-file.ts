import { open, rename, unlink } from 'node:fs/promises';

/**
 * Puts text at a path by rename, so that readers see the old or the new whole. Not durable: what it is for is written
 * anew within a minute, and a disk has better things to do. @throws the system's error
 */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    {
      await using file = await open(temporary, 'w', mode);
      await file.writeFile(text);
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}
