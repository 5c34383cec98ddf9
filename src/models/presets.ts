/** How well-known embedding models want their faces: for `mnn-face models import --preset`. */
import type { FaceCrop, Model } from './manifest.js';

/** What a preset says of a model; the rest is read from the file. */
export interface Preset {
  size: number;
  order: Model['input']['order'];
  mean: [number, number, number];
  scale: [number, number, number];
  face: FaceCrop;
  threshold: number;
  /** Where the figures come from. */
  source: string;
}

const even = (value: number): [number, number, number] => [value, value, value];
const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

export const PRESETS = {
  'vggface-senet50': {
    size: 224,
    order: 'bgr',
    mean: [91.4953, 103.8827, 131.0912],
    scale: even(1),
    face: { crop: 'box', interpolation: 'cubic' },
    threshold: 0.5,
    source:
      'keras-vggface, utils.py: preprocess_input, version 2; the original system: match at 0.5',
  },
  mobilefacenet: {
    size: 112,
    order: 'rgb',
    mean: IMAGENET_MEAN.map((mean) => 255 * mean) as [number, number, number],
    scale: IMAGENET_STD.map((std) => 1 / (255 * std)) as [number, number, number],
    face: { crop: 'aligned', interpolation: 'linear' },
    threshold: 0.6,
    source: 'foamliu/MobileFaceNet',
  },
  'arcface-112': {
    size: 112,
    order: 'rgb',
    mean: even(127.5),
    scale: even(1 / 127.5),
    face: { crop: 'aligned', interpolation: 'linear' },
    threshold: 0.68,
    source: 'InsightFace, arcface_onnx.py; threshold of deepface for ArcFace and cosine',
  },
  'facenet-160': {
    size: 160,
    order: 'rgb',
    mean: even(127.5),
    scale: even(1 / 128),
    face: { crop: 'box', interpolation: 'area' },
    threshold: 0.4,
    source:
      'facenet-pytorch, fixed_image_standardization; threshold of deepface for Facenet and cosine',
  },
  custom: {
    size: 112,
    order: 'rgb',
    mean: even(127.5),
    scale: even(1 / 127.5),
    face: { crop: 'aligned', interpolation: 'linear' },
    threshold: 0.6,
    source: 'the command line',
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
