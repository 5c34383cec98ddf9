/**
 * The Node side of a contender: answers "TASK COUNT" lines on stdin with a line of JSON,
 * `{"milliseconds": [...], "check": ...}` or `{"error": "..."}`.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { createInterface } from 'node:readline';

/**
 * What the coordinator passed: paths of pictures and models, the number of cores. In a file, since
 * onnxruntime 1.30.0 overflows its stack where the command line is long.
 */
export const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));

// Libraries that print would break the protocol.
const answers = process.stdout.write.bind(process.stdout);
console.log = console.info = console.error;
const say = (value) => answers(`${JSON.stringify(value)}\n`);

/** A value that is made at its first use and kept. */
export function lazy(make) {
  let made;
  return () => {
    made ??= make();
    return made;
  };
}

/** Takes the next `count` pictures of the list, beginning anew at its end. */
export function cycle(list) {
  let next = 0;
  return (count) => Array.from({ length: count }, () => list[next++ % list.length]);
}

/**
 * Work on many pictures with as many under way at a time as the contender has cores.
 *
 * @param work - Takes one picture.
 */
export async function inParallel(pictures, work) {
  const left = [...pictures];
  const lane = async () => {
    for (let picture = left.shift(); picture !== undefined; picture = left.shift()) {
      await work(picture);
    }
  };
  await Promise.all(Array.from({ length: config.cores }, lane));
}

async function run(tasks, name, count) {
  const task = tasks[name];
  if (task === undefined) return { error: `no such task: ${name}` };
  await task.prepare?.();
  // "Many" tasks do their count in one go: they are measured by throughput.
  if (task.many) {
    const started = performance.now();
    const check = await task.many(count);
    return { milliseconds: [performance.now() - started], check };
  }
  const milliseconds = [];
  let check;
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    check = await task.once();
    milliseconds.push(performance.now() - started);
  }
  return { milliseconds, check };
}

/**
 * Serves until stdin ends.
 *
 * @param tasks - By name: `once()` gives what shows that the work was done; `many(count)` works on
 * that many pictures; `prepare()` is not timed.
 */
export async function serve(versions, tasks) {
  say({ ready: true, versions });
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, count] = line.split(' ');
    try {
      say(await run(tasks, name, Number(count)));
    } catch (error) {
      say({ error: String(error?.message ?? error) });
    }
  }
  process.exit(0);
}
