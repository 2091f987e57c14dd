/** Says what the bench is at. */
export interface Progress {
  /** @param state asked for now and then while the work goes on */
  during<T>(label: string, work: () => Promise<T>, state?: () => Promise<string>): Promise<T>;
}

const refreshMs = 1000;
const lineEverySeconds = 30;

/** A line for each step: kept up to date on a terminal, else said again every 30 seconds. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  const { isTTY } = stream;
  return {
    async during(label, work, state) {
      const start = performance.now();
      const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(1)} s`;
      let ticks = 0;
      const timer = setInterval(() => {
        ticks += 1;
        if (!isTTY && ticks % lineEverySeconds !== 0) return;
        void (state?.() ?? Promise.resolve('')).then(
          (text) =>
            stream.write(`${isTTY ? '\r\x1b[2K' : ''}  ${label}  ${seconds()}  ${text}${isTTY ? '' : '\n'}`),
          // Whatever it was has ended meanwhile.
          () => undefined,
        );
      }, refreshMs);
      try {
        return await work();
      } finally {
        clearInterval(timer);
        stream.write(`${isTTY ? '\r\x1b[2K' : ''}  ${label}  ${seconds()}\n`);
      }
    },
  };
}

/** Says nothing. */
export const silent: Progress = { during: async (_label, work) => await work() };
