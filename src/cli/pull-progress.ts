/** The progress of a pull on stderr: a bar where a person watches, else a line a step. */
import cliProgress from 'cli-progress';
import pc from 'picocolors';
import type { PullProgress } from '../models/pull/results.js';

const WORDS = {
  wait: 'waiting:',
  fetch: 'fetching',
  convert: 'converting',
  say: '',
  failed: 'failed:',
} as const satisfies Record<PullProgress['step'], string>;

/** Shows each step once, and the bytes of a download as they come. */
export function startPullProgress(): { show: (progress: PullProgress) => void; stop: () => void } {
  let bar: cliProgress.SingleBar | undefined;
  let last = '';
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  const showBytes = ({ model, received = 0, total }: PullProgress) => {
    if (!process.stderr.isTTY) return;
    if (bar === undefined) {
      bar = new cliProgress.SingleBar(
        {
          format: `  ${model} {bar} {value}/{total} kB`,
          stream: process.stderr,
          clearOnComplete: true,
          hideCursor: true,
        },
        cliProgress.Presets.shades_classic,
      );
      bar.start(Math.ceil((total ?? received) / 1000), 0);
    }
    // A server that does not say how much there is: as much as has come.
    bar.setTotal(Math.ceil(Math.max(total ?? 0, received) / 1000));
    bar.update(Math.floor(received / 1000));
  };
  const show = (progress: PullProgress) => {
    if (progress.received !== undefined) {
      showBytes(progress);
      return;
    }
    stop();
    const words = [WORDS[progress.step], progress.text].filter((part) => part !== '').join(' ');
    const line = `${progress.model}: ${words}`;
    if (line !== last) console.error(pc.dim(line));
    last = line;
  };
  return { show, stop };
}
