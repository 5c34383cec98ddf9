/** The whole run: contenders set up, all measured, one document. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './build-native.mjs';
import { benchmarkData, findLandmarks } from './data.mjs';
import { describeMachine, usableCores } from './machine.mjs';
import {
  loadNow,
  measureColdStart,
  measureLatencies,
  measureThroughput,
  reasonOf,
} from './measure.mjs';
import { measureSizes } from './sizes.mjs';
import { judge } from './targets.mjs';

const progress = (text) => console.error(text);

/** Sets each contender up; who cannot be is told of and left out. */
async function prepare(chosen) {
  const data = benchmarkData();
  const landmarks = chosen.some(({ id }) => id === 'onnxruntime')
    ? await findLandmarks(data)
    : undefined;
  const ready = [];
  const absent = new Map();
  for (const contender of chosen) {
    try {
      const own = contender.id === 'onnxruntime' ? { ...data, landmarks } : data;
      ready.push({ ...contender, setUp: await contender.prepare(own) });
    } catch (error) {
      absent.set(contender.id, reasonOf(error));
      progress(`${contender.id} is left out: ${absent.get(contender.id)}`);
    }
  }
  return { ready, absent };
}

/** bench/event-loop.mjs in a process of its own, on all cores. */
async function measureEventLoop() {
  const child = spawn(process.execPath, [join(root, 'bench', 'event-loop.mjs'), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`bench/event-loop.mjs ended with ${code}`);
  return JSON.parse(output);
}

/**
 * @param contenders - All of contenders/list.mjs.
 * @param only - Ids of those to take.
 */
export async function runBenchmark(contenders, { only, settings }) {
  const chosen = contenders.filter(({ id }) => only.includes(id));
  const { ready, absent } = await prepare(chosen);
  const cores = usableCores()?.reverse(); // the first core has most of the interrupts
  const head = describeMachine();
  const { tasks, versions } = await measureLatencies(ready, cores, settings, progress);
  const throughput = await measureThroughput(ready, cores, settings, progress);
  const cold = await measureColdStart(ready, cores, settings, progress);
  const ours = only.includes('mnn-face');
  if (ours) progress('event loop');
  const eventLoop = ours ? await measureEventLoop() : null;
  progress('sizes');
  const report = {
    format: 1,
    measuredAt: new Date().toISOString().slice(0, 10),
    ...head,
    settings: { ...settings, pinnedTo: cores?.slice(0, 2) ?? null, loadAfter: loadNow() },
    contenders: contenders.map(({ id, label, what }) => ({
      id,
      label,
      what,
      versions: versions[id] ?? {},
      leftOut: only.includes(id) ? (absent.get(id) ?? null) : 'not asked for (--only)',
    })),
    tasks,
    throughput,
    cold,
    eventLoop,
    sizes: await measureSizes(ready),
  };
  return { ...report, targets: judge(report) };
}
