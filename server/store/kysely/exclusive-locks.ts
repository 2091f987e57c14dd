/** Locks that at most one server of a database holds, and that do not outlive it. */
export interface ExclusiveLocks {
  /** Takes the lock of this name; undefined if another one holds it right now. Never waits for it. */
  acquire(name: string): Promise<ExclusiveLock | undefined>;
}

/** A lock that is held. */
export interface ExclusiveLock {
  release(): Promise<void>;
}
