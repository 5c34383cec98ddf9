/** Runs Python and the package clients: no shell, a time limit, their last words as the reason. */
import { spawn } from 'node:child_process';
import { throwIfAborted } from '../abort.js';
import { codeOf, MnnFaceError } from '../errors.js';

export interface ProgramResult {
  /** The exit code; null when a signal ended it. */
  status: number | null;
  stdout: string;
  /** Lines, without empty ones. */
  stderr: string[];
}

export interface ProgramOptions {
  cwd?: string;
  environment: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  onLine?: ((line: string) => void) | undefined;
}

/** The Python that converts and fetches: `MNN_FACE_PYTHON`, else the system's. */
export function pythonOf(environment: NodeJS.ProcessEnv): string {
  return environment.MNN_FACE_PYTHON || (process.platform === 'win32' ? 'python' : 'python3');
}

/** A first conversion installs Python packages, on a slow line too. */
const TIMEOUT_MS = 15 * 60_000;
/** Of the output, the end counts. */
const KEPT_CHARACTERS = 200_000;

/**
 * @returns What it printed and how it ended; `undefined` when there is no such program.
 * @throws MnnFaceError `ERR_ABORTED`, or `ERR_MODEL_MISSING` when it cannot be run
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  { cwd, environment, signal, onLine }: ProgramOptions,
): Promise<ProgramResult | undefined> {
  const child = spawn(command, args, {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  });
  // Not spawn's own timeout: it keeps this process alive when there is no such program.
  const timer = setTimeout(() => child.kill(), TIMEOUT_MS);
  let stdout = '';
  let stderr = '';
  let line = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-KEPT_CHARACTERS);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT_CHARACTERS);
    const lines = (line + text).split(/[\r\n]+/);
    line = (lines.pop() ?? '').slice(-1000);
    for (const whole of lines) if (whole.trim() !== '') onLine?.(whole);
  });
  return await new Promise((resolve, reject) => {
    child.on('error', (error) => {
      clearTimeout(timer);
      if (codeOf(error) === 'ENOENT') resolve(undefined);
      else if (signal?.aborted) reject(abortReason(signal));
      else {
        const text = `${command} could not be run: ${error.message}`;
        reject(new MnnFaceError('ERR_MODEL_MISSING', text, { cause: error }));
      }
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, stdout, stderr: stderr.split(/[\r\n]+/).filter((l) => l.trim() !== '') });
    });
  });
}

function abortReason(signal: AbortSignal): unknown {
  try {
    throwIfAborted(signal);
  } catch (error) {
    return error;
  }
  return signal.reason;
}
