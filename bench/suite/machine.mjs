/** What the figures were measured on, without the names of the host or of any folder. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './build-native.mjs';

/** The cores that this process may use, by number; undefined where they cannot be pinned. */
export function usableCores() {
  if (process.platform !== 'linux') return undefined;
  const probe = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' });
  const list = /: ([\d,-]+)\s*$/.exec(probe.stdout ?? '')?.[1];
  if (probe.status !== 0 || list === undefined) return undefined;
  return list.split(',').flatMap((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

function commit() {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  const head = git('rev-parse', '--short=12', 'HEAD');
  if (head.status !== 0) return undefined;
  const changed = git('status', '--porcelain', '--untracked-files=no').stdout.trim() !== '';
  return head.stdout.trim() + (changed ? ' with changes' : '');
}

/** The package and the machine, for the head of a report. */
export function describeMachine() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const governor = '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor';
  return {
    package: { name: 'mnn-face', version, commit: commit() },
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memory: totalmem(),
      platform: `${process.platform}-${process.arch}`,
      node: process.version,
      governor: existsSync(governor) ? readFileSync(governor, 'utf8').trim() : undefined,
      loadBefore: Number(loadavg()[0].toFixed(2)),
    },
  };
}
