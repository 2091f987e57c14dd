import * as native from 'native';
import { readLimit, type System, toolEnvironment, userReadLimit } from './system.ts';

/** Processes may be many and fork all the time. */
const endingTimeoutMs = 5_000;

/** The real machine, seen from the compiled executable. */
export function createQuickJsSystem(): System {
  const environment = Object.entries(toolEnvironment).map(([name, value]) => `${name}=${value}`);
  return {
    files: {
      entry: (path) => native.lstat(path) ?? undefined,
      readText: (path) => native.read(path, readLimit, 'utf8'),
      readTextOf: (path, uid) => native.read(path, userReadLimit, 'utf8', uid),
      readBase64: (path) => native.read(path, readLimit, 'base64'),
      sha256: (path) => native.read(path, readLimit, 'sha256'),
      readLink: (path) => native.readlink(path),
      list: (path) => native.list(path).sort(),
      create: (path, content, { mode, uid, gid }, sync) => {
        if ('text' in content) native.write(path, content.text, false, mode, uid, gid, sync);
        else native.write(path, content.base64, true, mode, uid, gid, sync);
      },
      createFolder: (path, { mode, uid, gid }) => native.mkdir(path, mode, uid, gid),
      createLink: (path, target) => native.symlink(path, target),
      setAttributes: (path, { mode, uid, gid }) => native.setAttributes(path, mode, uid, gid),
      rename: (from, to) => native.rename(from, to),
      copyLabel: (from, to) => native.copyLabel(from, to),
      remove: (path) => native.unlink(path),
      removeFolder: (path) => native.rmdir(path),
      syncFolder: (path) => native.syncFolder(path),
      syncFileSystem: (path) => native.syncFileSystem(path),
    },
    processes: {
      run: (tools) =>
        native.run(
          tools.map(({ argv, timeoutMs, folder = '/' }) => ({ argv, environment, folder, timeoutMs })),
        ),
      endSessions: (uid) => native.endSessions(uid, endingTimeoutMs),
    },
    clock: { now: () => Date.now(), monotonic: () => native.monotonic() },
    host: {
      describe: () => native.host(),
      setHostname: (name) => native.setHostname(name),
      lock: (path, timeoutMs) => native.lock(path, timeoutMs),
      send: (device, text, timeoutMs) => native.send(device, text, timeoutMs),
      sha256: (text) => native.sha256(text),
    },
  };
}
