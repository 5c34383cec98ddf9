/** A progress bar on stderr, where a person watches. */
import cliProgress from 'cli-progress';

export interface Progress {
  advance(): void;
  stop(): void;
}

/** Shows nothing when stderr is no terminal or there is only one thing to do. */
export function startProgress(total: number): Progress {
  if (!process.stderr.isTTY || total < 2) return { advance: () => {}, stop: () => {} };
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {value}/{total}  {eta_formatted} left',
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0);
  return { advance: () => bar.increment(), stop: () => bar.stop() };
}
