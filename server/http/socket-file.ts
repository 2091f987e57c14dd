import { chmod, lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { AppError } from '../domain/errors.ts';

/** A Unix socket in its place. */
export interface BoundSocket {
  /** Removes it, unless another server has put its own there. */
  remove(): Promise<void>;
}

/** Milliseconds that a live server on this host takes at most to accept. */
const probeMs = 2000;

/**
 * Makes a server listen on a Unix socket of mode 0600. The socket is bound in a private folder beside its place, so that
 * it is never open to others, and moved over a stale one in one step. Fails with `conflict` where a server answers or
 * the path is no socket.
 */
export async function bindSocket(server: Server, path: string): Promise<BoundSocket> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await refuseTaken(path);
  // Two characters and six random ones: `socketPathReserve` in config-checks.ts counts them.
  const privateFolder = await mkdtemp(join(folder, '.u'));
  try {
    const bound = join(privateFolder, 's');
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: bound }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    await chmod(bound, 0o600);
    await rename(bound, path);
  } catch (cause) {
    server.close();
    throw new AppError(
      'conflict',
      `cannot listen on the socket ${path}; check its folder's owner and permissions`,
      {
        cause,
      },
    );
  } finally {
    await rm(privateFolder, { recursive: true, force: true });
  }
  const { ino, dev } = await lstat(path);
  return {
    async remove() {
      const now = await lstat(path).catch(() => undefined);
      if (now?.ino === ino && now.dev === dev) await rm(path, { force: true });
    },
  };
}

async function refuseTaken(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new AppError('conflict', `${path} is not a socket; remove it, or change listen.socket`);
  }
  if (await answers(path)) {
    throw new AppError('conflict', `another server listens on ${path}; stop it, or change listen.socket`);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect({ path, timeout: probeMs });
    const decide = (alive: boolean): void => {
      connection.destroy();
      resolve(alive);
    };
    connection.once('connect', () => {
      decide(true);
    });
    // It neither takes nor refuses the connection: it is there, and busy.
    connection.once('timeout', () => {
      decide(true);
    });
    connection.once('error', () => {
      decide(false);
    });
  });
}
