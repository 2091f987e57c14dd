const mark = '# disabled by ubugi: ';

/** A line of a file that is not ours as a comment that {@link enabled} takes back. */
export function disabledLine(line: string): string {
  return `${mark}${line}`;
}

/** Text with all lines back that we put into comments. */
export function enabled(text: string): string {
  return text.replaceAll(new RegExp(`^${mark}`, 'gm'), '');
}
