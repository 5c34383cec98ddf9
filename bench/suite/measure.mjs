/** The measurements that need the contenders' processes, all interleaved between them. */
import { loadavg } from 'node:os';
import { ContenderProcess } from './contender-process.mjs';
import { summarise } from './statistics.mjs';

/** The tasks of milliseconds per call, in the order of the report. */
export const LATENCIES = ['detect', 'embed', 'verify', 'cached'];

function start(contender, cores, count) {
  const pinned = cores?.slice(0, count);
  return new ContenderProcess(contender.setUp.command(count), pinned, contender.setUp.env);
}

/** What went wrong, without the paths of this machine. */
export const reasonOf = (error) => String(error.message).replaceAll(/\/[^\s:'"]+\//g, '');

/** A slow contender's share of a number of calls: its spread shows with fewer. */
const share = ({ slow }, count, divisor) => (slow ? Math.ceil(count / divisor) : count);

/**
 * Lets each contender have its turn in each round, each round beginning with another one, so that
 * all see the same state of the machine. Who fails is out of the rest; `failures` says why.
 */
async function inRounds(rounds, entries, failures, turn) {
  for (let round = 0; round < rounds; round++) {
    for (const i of entries.keys()) {
      const entry = entries[(round + i) % entries.length];
      if (failures.has(entry)) continue;
      try {
        await turn(entry, round);
      } catch (error) {
        failures.set(entry, reasonOf(error));
      }
    }
  }
}

/** Milliseconds of the latency tasks on one core, by task and contender. */
export async function measureLatencies(contenders, cores, settings, progress) {
  const result = { tasks: {}, versions: {} };
  for (const task of LATENCIES) {
    const failures = new Map();
    const entries = contenders
      .filter(({ tasks }) => tasks.includes(task))
      .map(({ id, slow }) => ({ id, slow, samples: [], cpu: [], check: undefined }));
    if (entries.length === 0) continue;
    progress(`${task}: ${entries.map(({ id }) => id).join(', ')}`);
    const processes = new Map();
    await inRounds(1, entries, failures, async (entry) => {
      const contender = contenders.find(({ id }) => id === entry.id);
      const child = start(contender, cores, 1);
      processes.set(entry, child);
      await child.ready();
      result.versions[entry.id] = child.versions;
      await child.run(task, share(entry, settings.warmUp, 5));
    });
    await inRounds(settings.rounds, entries, failures, async (entry) => {
      const count = share(entry, settings.batch, 5);
      const child = processes.get(entry);
      const before = child.cpuTime();
      const { milliseconds, check } = await child.run(task, count);
      const after = child.cpuTime();
      if (before !== undefined && after !== undefined) entry.cpu.push((after - before) / count);
      entry.samples.push(...milliseconds);
      entry.check = check;
    });
    for (const child of processes.values()) await child.close();
    result.tasks[task] = Object.fromEntries(
      entries.map((entry) => [
        entry.id,
        failures.has(entry)
          ? { failed: failures.get(entry) }
          : {
              ...summarise(entry.samples),
              cpu: entry.cpu.length > 0 ? summarise(entry.cpu) : undefined,
              check: entry.check,
              samples: entry.samples,
            },
      ]),
    );
  }
  return result;
}

/** Pictures per second from files, by contender and number of cores. */
export async function measureThroughput(contenders, cores, settings, progress) {
  const most = cores?.length ?? 1;
  const entries = contenders.flatMap(({ id, slow, cores: counts }) =>
    counts
      .filter((count) => count <= most)
      .map((count) => ({ id, slow, cores: count, rates: [], faces: 0, pictures: 0 })),
  );
  const failures = new Map();
  const processes = new Map();
  progress(`throughput: ${entries.map((entry) => `${entry.id} (${entry.cores})`).join(', ')}`);
  await inRounds(1, entries, failures, async (entry) => {
    const contender = contenders.find(({ id }) => id === entry.id);
    const child = start(contender, cores, entry.cores);
    processes.set(entry, child);
    await child.ready();
    await child.run('throughput', share(entry, settings.throughputWarmUp, 10));
  });
  const each = Math.ceil(settings.pictures / settings.throughputRounds);
  await inRounds(settings.throughputRounds, entries, failures, async (entry) => {
    const count = share(entry, each, 10);
    const { milliseconds, check } = await processes.get(entry).run('throughput', count);
    entry.rates.push((count * 1000) / milliseconds[0]);
    entry.pictures += count;
    entry.faces += check.faces;
  });
  for (const child of processes.values()) await child.close();
  return entries.map((entry) => ({
    id: entry.id,
    cores: entry.cores,
    ...(failures.has(entry)
      ? { failed: failures.get(entry) }
      : {
          pictures: entry.pictures,
          faces: entry.faces,
          perSecond: summarise(entry.rates),
        }),
  }));
}

/** From the start of a process to its first comparison, and its memory then. */
export async function measureColdStart(contenders, cores, settings, progress) {
  const entries = contenders
    .filter(({ tasks }) => tasks.includes('cold'))
    .map(({ id }) => ({ id, samples: [], resident: [], peak: [] }));
  const failures = new Map();
  progress(`cold start: ${entries.map(({ id }) => id).join(', ')}`);
  await inRounds(settings.coldStarts, entries, failures, async (entry) => {
    const contender = contenders.find(({ id }) => id === entry.id);
    const child = start(contender, cores, 1);
    try {
      await child.ready();
      await child.run('verify', 1);
      entry.samples.push(child.age());
      const memory = child.memory();
      if (memory !== undefined) {
        entry.resident.push(memory.resident);
        entry.peak.push(memory.peak);
      }
    } finally {
      await child.close();
    }
  });
  return Object.fromEntries(
    entries.map((entry) => [
      entry.id,
      failures.has(entry)
        ? { failed: failures.get(entry) }
        : {
            milliseconds: { ...summarise(entry.samples), samples: entry.samples },
            memory:
              entry.resident.length > 0
                ? { resident: summarise(entry.resident), peak: summarise(entry.peak) }
                : undefined,
          },
    ]),
  );
}

/** The machine's load now, to be told apart from its load before. */
export const loadNow = () => Number(loadavg()[0].toFixed(2));
