/** The newest failure that reports tell of: which generation could not be brought in, and why. */
export interface GenerationFailure {
  readonly generation: number;
  /** When it failed (ISO 8601 in UTC). */
  readonly at: string;
  readonly reason: string;
}

/** Conditions on how far an instance has come; each one that is set narrows the list down. */
export interface ProgressSelection {
  /** The newest generation is not applied. */
  readonly pending?: boolean;
  /** The newest generation failed. */
  readonly failed?: boolean;
  /** Something of it is held back. */
  readonly held?: boolean;
}
