/** Decoding in a process of its own, which is ended when nobody waits any more. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import * as v from 'valibot';
import { abortable } from '../abort.js';
import { packageRoot } from '../native.js';
import type { RgbPixels, SharpJob } from './sharp-decode.js';

const SCRIPT = join(packageRoot, 'dist', 'image', 'decode-process.js');
const LONGEST_ANSWER = 64 * 1024;

const AnswerSchema = v.union([
  v.object({ width: v.pipe(v.number(), v.integer()), height: v.pipe(v.number(), v.integer()) }),
  v.object({ error: v.string() }),
]);

const children = new Set<ChildProcess>();
let watching = false;

/** No decoder outlives this process, even when that ends in the middle. */
function endWithUs(child: ChildProcess): void {
  children.add(child);
  child.once('close', () => children.delete(child));
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const each of children) each.kill('SIGKILL');
  });
}

function lengthOf(bytes: Uint8Array): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(bytes.byteLength));
  return head;
}

/** The answer's line, then the pixels straight into memory of their size. */
async function readAnswer(child: ChildProcess, maxPixels: number): Promise<RgbPixels> {
  let head = Buffer.alloc(0);
  let pixels: RgbPixels | undefined;
  let at = 0;
  const { stdout } = child;
  if (stdout === null) throw new Error('the decoding process has no output');
  const take = (bytes: Uint8Array, into: RgbPixels) => {
    if (at + bytes.byteLength > into.data.byteLength) throw new Error('too many pixels came');
    into.data.set(bytes, at);
    at += bytes.byteLength;
  };
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    if (pixels !== undefined) {
      take(chunk, pixels);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\n');
    if (end < 0) {
      if (head.byteLength > LONGEST_ANSWER) throw new Error('the decoding process talks nonsense');
      continue;
    }
    const answer = v.parse(AnswerSchema, JSON.parse(head.subarray(0, end).toString()));
    if ('error' in answer) throw new Error(answer.error);
    const { width, height } = answer;
    if (width * height > maxPixels) throw new Error('Input image exceeds pixel limit');
    const data = new Uint8Array(Buffer.allocUnsafeSlow(width * height * 3).buffer);
    pixels = { data, width, height };
    take(head.subarray(end + 1), pixels);
  }
  if (pixels === undefined || at !== pixels.data.byteLength) {
    throw new Error('the decoding process ended before it was done');
  }
  return pixels;
}

/**
 * @internal As `decodeBySharp()`, killed as soon as the signal fires. Takes some 0.2 s more, and for
 * a moment the pixels twice.
 */
export async function decodeInChild(
  bytes: Uint8Array,
  job: SharpJob,
  signal: AbortSignal | undefined,
): Promise<RgbPixels> {
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(job)], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // In Electron the executable is Node only when it is told so.
    env: { ...process.env, NODE_OPTIONS: '', ELECTRON_RUN_AS_NODE: '1' },
    windowsHide: true,
  });
  endWithUs(child);
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  failed.catch(() => undefined);
  // A child that dies closes its pipe; its answer, or the lack of one, says so.
  child.stdin?.on('error', () => undefined);
  child.stdin?.write(lengthOf(bytes));
  child.stdin?.write(bytes);
  try {
    const answer = readAnswer(child, job.maxPixels);
    return await abortable(Promise.race([failed, answer]), signal);
  } finally {
    child.kill('SIGKILL');
    child.stdin?.destroy();
    child.stdout?.destroy();
  }
}
