/**
 * A process that decodes one picture and ends: what cannot be stopped in a thread is stopped by
 * ending its process. Takes a `SharpJob` as JSON in its argument and, on stdin, eight bytes of
 * length and the file; gives on stdout a line of JSON and the pixels.
 */
import { setPriority } from 'node:os';
import { loadSharp } from './sharp.js';
import { decodeBySharp, readHeader, type SharpJob } from './sharp-decode.js';

function die(): never {
  // Not exit(): that waits for the threads of libvips.
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}

async function readStdin(): Promise<Uint8Array> {
  return await new Promise((resolve) => {
    let parts: Buffer[] = [];
    let size = 0;
    let length: number | undefined;
    process.stdin.on('data', (part: Buffer) => {
      parts.push(part);
      size += part.byteLength;
      if (length === undefined && size >= 8) {
        parts = [Buffer.concat(parts)];
        length = 8 + Number(parts[0]?.readBigUInt64LE());
      }
      if (length !== undefined && size >= length) resolve(Buffer.concat(parts).subarray(8));
    });
    // The parent keeps it open: its end is the parent's end.
    process.stdin.on('end', die);
    process.stdin.on('error', die);
  });
}

async function main(): Promise<void> {
  const job = JSON.parse(process.argv[2] ?? '') as SharpJob;
  try {
    // The event loop of the parent, and honest calls, go first.
    setPriority(5);
  } catch {
    // Not allowed here; then not.
  }
  const bytes = await readStdin();
  let answer: { width: number; height: number } | { error: string };
  let data: Uint8Array | undefined;
  try {
    loadSharp().cache(false);
    await readHeader(bytes, job);
    const pixels = await decodeBySharp(bytes, job);
    answer = { width: pixels.width, height: pixels.height };
    data = pixels.data;
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.on('error', die);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  if (data !== undefined) process.stdout.write(data);
  process.stdout.end(() => process.stdin.destroy());
}

void main();
