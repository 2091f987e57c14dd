/** Text for one line of an error or a log: what could start another line or disturb a terminal becomes a blank. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, 2000);
}
