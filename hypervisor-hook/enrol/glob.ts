/** Whether a text matches a pattern with `*` for any characters and `?` for one. Never recurses: at most text times pattern steps. */
export function matchesGlob(text: string, pattern: string): boolean {
  let [at, wanted, star, resume] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[wanted] === '*') {
      [star, resume] = [wanted, at];
      wanted += 1;
    } else if (pattern[wanted] === '?' || pattern[wanted] === text[at]) {
      at += 1;
      wanted += 1;
    } else if (star !== -1) {
      resume += 1;
      [at, wanted] = [resume, star + 1];
    } else {
      return false;
    }
  }
  while (pattern[wanted] === '*') wanted += 1;
  return wanted === pattern.length;
}
