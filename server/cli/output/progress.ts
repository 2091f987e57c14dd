import type { OutputStream } from './output.ts';
import { printable } from './printable.ts';

/** Says how far the work is, such as `1.2 of 3.4 MB`. */
export type ProgressUpdate = (state: string) => void;

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const firstShownAfterMs = 1000;
const frameMs = 100;

/**
 * Runs the work and, if it takes longer than a second, shows one line with label, state and seconds on `stream`,
 * wiped at the end. Does not show anything where `visible` is false.
 */
export async function withProgress<T>(
  stream: OutputStream,
  visible: boolean,
  label: string,
  work: (update: ProgressUpdate) => Promise<T>,
): Promise<T> {
  if (!visible) return await work(() => {});
  const startedAt = performance.now();
  let state = '';
  let frame = 0;
  let shown = false;
  const timer = setInterval(() => {
    const elapsed = performance.now() - startedAt;
    if (elapsed < firstShownAfterMs) return;
    frame = (frame + 1) % frames.length;
    const text = `${frames[frame] ?? ''} ${label}${state === '' ? '' : `  ${state}`}  ${Math.floor(elapsed / 1000)} s`;
    stream.write(`\r\x1b[2K${printable(text).slice(0, Math.max(1, (stream.columns ?? 80) - 1))}`);
    shown = true;
  }, frameMs);
  try {
    return await work((next) => {
      state = next;
    });
  } finally {
    clearInterval(timer);
    if (shown) stream.write('\r\x1b[2K');
  }
}
