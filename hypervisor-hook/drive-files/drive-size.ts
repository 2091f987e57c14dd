/** A larger drive is neither fetched nor read, in bytes. */
export const mostDriveBytes = 64 * 1024 * 1024;
