/** Every way out of a process: it must end by itself, with the right code and no crash. */
import { describe, expect, test } from 'vitest';
import { program } from '../process/run.js';

function expectExit(result: ReturnType<typeof program>, status: number): void {
  expect(result.signal, result.stderr).toBeNull();
  expect(result.status, result.stderr).toBe(status);
}

describe('exit', () => {
  test('never closed: ends by itself', () => {
    const result = program(`
      const faces = createFaces();
      faces.detect(image('test.jpg')).then((r) => console.log(r.faces.length));
    `);
    expectExit(result, 0);
    expect(result.stdout).toBe('1\n');
  });

  test('closed', () => {
    expectExit(
      program(`
        (async () => {
          const faces = createFaces();
          await faces.detect(image('test.jpg'));
          await faces.close();
          await faces.close();
          await faces.detect(image('test.jpg')).catch((e) => { if (e.code !== 'ERR_CLOSED') throw e; });
        })();
      `),
      0,
    );
  });

  test('thrown out of the middle of a run', () => {
    const result = program(`
      const faces = createFaces();
      const calls = Array.from({ length: 12 }, () => faces.detect(image('test.jpg')));
      // One is done: others run.
      Promise.race(calls).then(() => setImmediate(() => { throw new Error('out'); }));
    `);
    expectExit(result, 1);
    expect(result.stderr).toContain('Error: out');
  });

  test.each([0, 1, 3, 10])('process.exit() after %i of 20 calls', (after) => {
    expectExit(
      program(`
        const faces = createFaces();
        let done = 0;
        const count = () => { if (++done === ${after}) process.exit(7); };
        for (let i = 0; i < 20; i++) faces.detect(image('test.jpg')).then(count);
        if (${after} === 0) setImmediate(() => process.exit(7));
      `),
      7,
    );
  });

  test('close() while calls are under way: each settles', () => {
    const result = program(`
      (async () => {
        const faces = createFaces();
        await faces.detect(image('test.jpg'));
        const calls = Array.from({ length: 12 }, () => faces.detect(image('test.jpg')));
        // Two lanes or more are under way, the others wait.
        Promise.race(calls).then(() => faces.close());
        const settled = await Promise.allSettled(calls);
        for (const s of settled) if (s.status === 'rejected' && s.reason.code !== 'ERR_CLOSED') throw s.reason;
        console.log(settled.length);
      })();
    `);
    expectExit(result, 0);
    expect(result.stdout).toBe('12\n');
  });
});

describe('worker_threads', () => {
  const worker = `
    const { Worker } = require('node:worker_threads');
    const body = \`
      const m = require(${JSON.stringify(process.cwd())});
      const { parentPort, workerData } = require('node:worker_threads');
      const faces = m.createFaces();
      (async () => {
        for (let i = 0; i < workerData.count; i++) {
          const { faces: found } = await faces.detect(workerData.file);
          parentPort.postMessage(found);
        }
      })();
    \`;
    const start = (count) => new Worker(body, { eval: true, workerData: { count, file: image('test.jpg') } });
  `;

  test('several workers and the main thread work side by side', () => {
    const result = program(`${worker}
      let messages = 0;
      for (let i = 0; i < 3; i++) start(5).on('message', (found) => { if (found.length === 1) messages++; });
      createFaces().detect(image('test4.jpg'));
      process.on('exit', () => console.log(messages));
    `);
    expectExit(result, 0);
    expect(result.stdout).toBe('15\n');
  });

  test('terminate() in the middle of a run, again and again', () => {
    const result = program(`${worker}
      (async () => {
        for (let i = 0; i < 12; i++) {
          const w = start(1000);
          await new Promise((resolve) => w.once('message', resolve));
          await new Promise((resolve) => setTimeout(resolve, i * 3));
          await w.terminate();
        }
        const { faces: found } = await createFaces().detect(image('test.jpg'));
        console.log(found.length);
      })();
    `);
    expectExit(result, 0);
    expect(result.stdout).toBe('1\n');
  });
});
