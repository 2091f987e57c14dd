/** What a drive of Nova's may have at most; Nova's own are a hundredth of it. */
export const baseDriveLimits = {
  /** Bytes of an image as it is sent. */
  imageBytes: 16 * 1024 * 1024,
  /** Bytes of the same in JSON with base64. */
  jsonBytes: 24 * 1024 * 1024,
  files: 1000,
  /** Bytes of all files together: an image may hold one content under many names. */
  totalBytes: 32 * 1024 * 1024,
} as const;
