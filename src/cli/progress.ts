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
      format: '{bar} {value}/{total}  {rate}/s  {eta_formatted} left',
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
    },
    cliProgress.Presets.shades_classic,
  );
  const started = performance.now();
  let done = 0;
  bar.start(total, 0, { rate: '-' });
  const advance = () => {
    const rate = (++done * 1000) / (performance.now() - started);
    bar.increment(1, { rate: rate.toFixed(1) });
  };
  return { advance, stop: () => bar.stop() };
}
