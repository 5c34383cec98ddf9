// One set-up of a checkout at a time: npm and compilers destroy each other's files there.
// Of Node alone, since it is taken before the npm packages are there.
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { say } from '../../native/steps.mjs';

const POLL_MS = 200;
const BEAT_MS = 5_000;
/** Of another machine, whose processes are not seen here, a lock without a beat for so long is stale. */
const STALE_AFTER_MS = 60_000;

/** When a process began, on Linux: its number may have been given to another one. */
function beginningOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readHolder(path) {
  try {
    return { text: readFileSync(path, 'utf8'), beat: statSync(path).mtimeMs };
  } catch {
    return undefined; // released meanwhile
  }
}

function isStale({ text, beat }) {
  try {
    const { pid, host, begun } = JSON.parse(text);
    if (host !== hostname()) return Date.now() - beat > STALE_AFTER_MS;
    return !isRunning(pid) || (begun !== undefined && beginningOf(pid) !== begun);
  } catch {
    return true;
  }
}

/** Puts the file in its place only if none is there. */
function tryLink(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** Takes a dead process's lock away; two that try remove it once, and never a new one for good. */
function removeStale(path, { text }) {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another was first
  }
  if (readFileSync(aside, 'utf8') !== text) tryLink(aside, path);
  rmSync(aside, { force: true });
}

/** Runs `work` while no other process that asks for the same lock file runs its own. */
export async function withCheckoutLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}`;
  const begun = beginningOf(process.pid);
  writeFileSync(own, JSON.stringify({ pid: process.pid, host: hostname(), begun }));
  let told = false;
  try {
    while (!tryLink(own, path)) {
      const holder = readHolder(path);
      if (holder === undefined) continue;
      if (isStale(holder)) {
        removeStale(path, holder);
        continue;
      }
      if (!told) {
        const { pid } = JSON.parse(holder.text);
        say(`Another set-up of this checkout is under way (process ${pid}); waiting for it.`);
        told = true;
      }
      await wait(POLL_MS);
    }
  } finally {
    rmSync(own, { force: true });
  }
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {} // a removed build/ folder takes the lock along
  }, BEAT_MS);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(path, { force: true });
  }
}
