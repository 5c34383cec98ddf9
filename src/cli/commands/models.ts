import pc from 'picocolors';
import { importModel } from '../../models/import-model.js';
import { PRESETS, type Preset, type PresetName } from '../../models/presets.js';
import { listAllModels } from '../../models/user-models.js';
import { EXIT } from '../exit.js';
import { table } from '../format.js';

/** What `models import` is given. */
export interface ImportCliOptions {
  json?: boolean;
  name: string;
  preset: PresetName;
  models?: string;
  fp16?: boolean;
  license?: string;
  bnEpsilon?: number;
  size?: number;
  mean?: [number, number, number];
  scale?: [number, number, number];
  order?: 'rgb' | 'bgr';
  crop?: Preset['face']['crop'];
  interpolation?: Preset['face']['interpolation'];
  threshold?: number;
}

/** `models list`: what there is, from the package and imported. */
export async function listCommand(options: { json?: boolean; models?: string }): Promise<number> {
  const models = listAllModels(options.models);
  if (options.json) console.log(JSON.stringify(models));
  else {
    const rows = models.map((m) => [m.name, m.role, m.license, (m.bytes / 1e6).toFixed(2)]);
    console.log(table(['name', 'role', 'licence', 'MB'], rows));
  }
  return EXIT.ok;
}

function presetOf(options: ImportCliOptions): Preset {
  const preset: Preset = PRESETS[options.preset];
  return {
    ...preset,
    size: options.size ?? preset.size,
    order: options.order ?? preset.order,
    mean: options.mean ?? preset.mean,
    scale: options.scale ?? preset.scale,
    face: {
      crop: options.crop ?? preset.face.crop,
      interpolation: options.interpolation ?? preset.face.interpolation,
    },
    threshold: options.threshold ?? preset.threshold,
  };
}

/** `models import FILE`: a model of the user's own, run once before it is taken. */
export async function importCommand(file: string, options: ImportCliOptions): Promise<number> {
  const { model, dimension, milliseconds, directory } = await importModel({
    file,
    name: options.name,
    preset: presetOf(options),
    ...(options.fp16 === undefined ? {} : { fp16: options.fp16 }),
    ...(options.models === undefined ? {} : { directory: options.models }),
    ...(options.bnEpsilon === undefined ? {} : { batchNormEpsilon: options.bnEpsilon }),
    ...(options.license === undefined ? {} : { license: options.license }),
  });
  if (options.json) {
    console.log(JSON.stringify({ model, dimension, milliseconds, directory }));
    return EXIT.ok;
  }
  const { face, input } = model;
  console.log(
    `${pc.bold(model.name)}  ${dimension} values from ${input.shape[3]} x ${input.shape[2]} ${input.order.toUpperCase()}, ` +
      `${face?.crop} faces, match at ${model.threshold}`,
  );
  console.log(
    pc.dim(
      `  ${(model.bytes / 1e6).toFixed(1)} MB in ${directory}; one run took ${milliseconds.toFixed(1)} ms`,
    ),
  );
  console.log(
    pc.dim(`  use it: --embedder ${model.name}, or createFaces({ embedder: '${model.name}' })`),
  );
  return EXIT.ok;
}
