// One line a step, with its time. What compilers and package clients say goes to a log file; a
// failure shows the end of it. All output goes to stderr: stdout is for a program's answer.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';

const LINES_SHOWN = 30;
/** A compiler that does not end by itself when asked is ended by force after this time. */
const PATIENCE_MS = 10_000;

/** A step failed; its message has all that a person needs. */
export class StepFailed extends Error {}

/** The user or the system ended the program (Ctrl-C, SIGTERM). */
export class Interrupted extends StepFailed {
  /** `byForce`: the command did not end by itself, and may have left half a file. */
  constructor(signal, byForce = false) {
    super(`Interrupted (${signal}).`);
    this.byForce = byForce;
    this.exitCode = { SIGHUP: 129, SIGINT: 130 }[signal] ?? 143;
  }
}

/** Whether the last line on stderr still waits for its time. */
let lineIsOpen = false;

/** Says one line. */
export function say(line) {
  process.stderr.write(`${lineIsOpen ? '\n' : ''}${line}\n`);
  lineIsOpen = false;
}

function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** Runs `work` under a title: "title … 3.2 s". */
export async function step(title, work) {
  const begun = performance.now();
  process.stderr.write(`${title} … `);
  lineIsOpen = true;
  const finish = (how) => {
    process.stderr.write(lineIsOpen ? `${how}\n` : `${title}: ${how}\n`);
    lineIsOpen = false;
  };
  try {
    const result = await work();
    finish(duration(performance.now() - begun));
    return result;
  } catch (error) {
    finish(error instanceof Interrupted ? 'interrupted' : 'failed');
    throw error;
  }
}

/** Begins a log file anew, or goes on with it. */
export function openLog(path, { append = false } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, append ? 'a' : 'w');
}

/** The end of a log, as an error's message shows it. */
export function endOfLog(path) {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const end = lines.slice(-LINES_SHOWN).map((line) => `  ${line}`);
  return `The ${lines.length > LINES_SHOWN ? `last ${LINES_SHOWN} lines` : 'whole'} of its log, ${path}:\n${end.join('\n')}`;
}

/** Ends a child and its children, and its compilers in turn. */
function endGroup(child, signal) {
  try {
    // In a group of its own; Windows has no groups.
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {} // it is gone already
}

/**
 * Runs a command whose output is added to the log file `log`; `answer: true` gives its stdout instead.
 * `accept`: the exit codes that are no failure. `started` gets the running process.
 * Throws StepFailed with the end of the log, and Interrupted once the command has ended on a signal
 * to this process.
 */
export async function runLogged(
  command,
  args,
  { log, cwd, env, answer = false, accept = [0], started },
) {
  const file = openLog(log, { append: true });
  writeSync(file, `$ ${command} ${args.join(' ')}\n`);
  let interruptedBy;
  let byForce = false;
  let output = '';
  let child;
  const interrupt = (signal) => {
    if (interruptedBy !== undefined) return;
    interruptedBy = signal;
    endGroup(child, 'SIGTERM');
    setTimeout(() => {
      byForce = child.exitCode === null && child.signalCode === null;
      endGroup(child, 'SIGKILL');
    }, PATIENCE_MS).unref();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, interrupt);
  const abandoned = () => {
    if (child !== undefined) endGroup(child, 'SIGTERM');
  };
  process.on('exit', abandoned);
  try {
    child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: ['ignore', answer ? 'pipe' : file, file],
      detached: process.platform !== 'win32',
      // npm is npm.cmd there, which only a shell can start.
      shell: process.platform === 'win32' && command === 'npm',
    });
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
    if (child.pid !== undefined) started?.(child);
    const ended = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(signal ?? code));
    });
    if (interruptedBy !== undefined) throw new Interrupted(interruptedBy, byForce);
    if (accept.includes(ended)) return output;
    throw new StepFailed(
      `"${command} ${args.join(' ')}" failed (${typeof ended === 'number' ? `exit ${ended}` : ended}). ${endOfLog(log)}`,
    );
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new StepFailed(`${command} was not found.`, { cause: error });
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
    process.off('exit', abandoned);
    closeSync(file);
  }
}
