/**
 * Runs a model once. As a program of its own (`node probe-model.js FILE SIZE [INPUT OUTPUT]`), so
 * that a file which crashes MNN ends this process and not the caller's. Prints JSON.
 */
import { readFileSync } from 'node:fs';
import { codeOf, messageOf } from '../errors.js';
import { type ModelTensors, native } from '../native.js';

/** What the probe prints. */
export type ProbeResult =
  | { ok: true; input: string; output: string; dimension: number; milliseconds: number }
  | { ok: false; code: string; message: string };

function only(tensors: ModelTensors, kind: 'inputs' | 'outputs'): string {
  const [first, ...rest] = tensors[kind];
  if (first !== undefined && rest.length === 0) return first.name;
  const names = tensors[kind].map(({ name }) => name).join(', ');
  throw Object.assign(
    new Error(`The model has ${tensors[kind].length} ${kind} (${names}); an embedder has one.`),
    { code: 'ERR_MODEL_UNSUPPORTED' },
  );
}

async function probe(file: string, size: number): Promise<ProbeResult> {
  const bytes = readFileSync(file);
  const tensors = await native().inspect(bytes);
  const input = only(tensors, 'inputs');
  const output = only(tensors, 'outputs');
  const session = await native().Session.load(bytes, {
    lanes: 1,
    threads: 1,
    precision: 'normal',
    kernels: 'best',
    input,
    inputShape: [1, 3, size, size],
    outputs: [{ name: output }],
  });
  const run = (seed: number) => {
    const tensor = Float32Array.from({ length: 3 * size * size }, (_, i) =>
      Math.sin(i * 0.37 + seed),
    );
    return session.run({ tensor, width: size, height: size });
  };
  const [values] = await run(1);
  const started = performance.now();
  const [again] = await run(2);
  const milliseconds = performance.now() - started;
  const fine = (vector: Float32Array | undefined) =>
    vector?.every(Number.isFinite) && vector.some((value) => value !== 0);
  if (values === undefined || !fine(values) || !fine(again)) {
    throw Object.assign(new Error('The model gives vectors that are zero or not finite.'), {
      code: 'ERR_MODEL_INVALID',
    });
  }
  if (values.length < 8 || values.length > 16_384) {
    throw Object.assign(
      new Error(`The model gives ${values.length} values; an embedding has 8 to 16,384.`),
      { code: 'ERR_MODEL_UNSUPPORTED' },
    );
  }
  await session.close();
  return { ok: true, input, output, dimension: values.length, milliseconds };
}

if (require.main === module) {
  probe(process.argv[2] ?? '', Number(process.argv[3])).then(
    (result) => console.log(JSON.stringify(result)),
    (error: unknown) =>
      console.log(
        JSON.stringify({
          ok: false,
          code: codeOf(error) ?? 'ERR_MODEL_INVALID',
          message: messageOf(error),
        } satisfies ProbeResult),
      ),
  );
}
