/** Who takes part: how each is set up and started, and what it can do. */
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensureEnvironment, toolDirectory } from '../../../scripts/reference/environment.mjs';
import { modelPaths } from '../../../scripts/reference/models.mjs';
import { buildRawMnn, root } from '../build-native.mjs';
import { configFile } from '../config-file.mjs';
import { ensurePackages } from '../packages.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const SHARP = 'sharp@0.35.5';
const TFJS = ['@tensorflow/tfjs@4.22.0', '@tensorflow/tfjs-backend-wasm@4.22.0'];
const ALL = ['detect', 'embed', 'verify', 'throughput', 'cold'];

const node = (file, config) => [process.execPath, join(here, file), configFile(config)];

async function python(mode, data) {
  const interpreter = await ensureEnvironment();
  const models = await modelPaths(['rfb-320', 'mtcnn-onet', 'mobilefacenet']);
  return {
    command: (cores) => [
      interpreter,
      join(here, 'python_worker.py'),
      configFile({ ...data, mode, models, reference: toolDirectory, cores }),
    ],
    env: {
      PYTHONNOUSERSITE: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      OMP_NUM_THREADS: '1',
      OPENBLAS_NUM_THREADS: '1',
    },
    folders: [dirname(dirname(interpreter))],
  };
}

/** A contender on npm packages of its own. */
function onPackages(name, file, packages) {
  return async (data) => {
    const folder = await ensurePackages(name, packages);
    return {
      command: (cores) => node(file, { ...data, folder, cores }),
      folders: [join(folder, 'node_modules')],
    };
  };
}

/**
 * `tasks`: what it is measured in; `cores`: core counts of its throughput; `slow`: a fraction of
 * the calls will do; `prepare(data)`: installs or builds it and gives its command line, environment
 * and the folders it takes on disk.
 */
export const CONTENDERS = [
  {
    id: 'mnn-face',
    label: 'mnn-face',
    what: 'this package: RFB-320, O-Net, MobileFaceNet; public functions, default options',
    tasks: [...ALL, 'cached'],
    cores: [1, 2],
    prepare: async (data) => ({
      command: (cores) => node('mnn-face.mjs', { ...data, root, cores }),
      folders: [],
    }),
  },
  {
    id: 'raw',
    label: 'raw C++ MNN',
    what: 'the floor: the same networks and the same libMNN, no picture work, no JavaScript',
    tasks: ['detect', 'embed'],
    cores: [],
    prepare: async () => {
      const program = await buildRawMnn();
      const paths = await modelPaths(['rfb-320', 'mtcnn-onet', 'mobilefacenet']);
      const detector = `${paths['rfb-320']}:320x240`;
      const rest = `${paths['mtcnn-onet']}:48x48,${paths.mobilefacenet}:112x112`;
      return {
        command: () => [program, `detect=${detector}`, `embed=${detector},${rest}`],
        folders: [],
      };
    },
  },
  {
    id: 'python',
    label: 'Python, warm',
    what: 'OpenCV and the MNN wheel, the same networks, loaded once',
    tasks: ALL,
    cores: [1],
    prepare: (data) => python('warm', data),
  },
  {
    id: 'python-article',
    label: 'Python, as the article',
    what: 'the same, with every call loading its networks anew, as the article writes it',
    tasks: ['detect', 'embed', 'verify', 'cold'],
    cores: [],
    prepare: (data) => python('article', data),
  },
  {
    id: 'onnxruntime',
    label: 'onnxruntime-node',
    what:
      'the same RFB-320 and MobileFaceNet as ONNX, sharp, JavaScript for the rest; O-Net has no ONNX ' +
      'file here, so it is given the landmarks and does that much less work',
    tasks: ALL,
    cores: [1, 2],
    prepare: onPackages('onnxruntime', 'onnxruntime.mjs', ['onnxruntime-node@1.30.0', SHARP]),
  },
  {
    id: 'face-api',
    label: 'face-api',
    what:
      '@vladmandic/face-api on WASM: networks of its own (SSD MobileNet v1, 68 landmarks, 128 values), ' +
      'sharp for the files',
    tasks: ALL,
    cores: [1],
    slow: true,
    prepare: onPackages('face-api', 'face-api.mjs', [
      '@vladmandic/face-api@1.7.15',
      ...TFJS,
      SHARP,
    ]),
  },
  {
    id: 'human',
    label: 'human',
    what:
      '@vladmandic/human on WASM: networks of its own (BlazeFace, face mesh, FaceRes), its other networks ' +
      'off, sharp for the files',
    tasks: ALL,
    cores: [1],
    slow: true,
    prepare: onPackages('human', 'human.mjs', ['@vladmandic/human@3.3.6', ...TFJS, SHARP]),
  },
  {
    id: 'opencv-yunet',
    label: 'OpenCV FaceDetectorYN',
    what: "OpenCV's own detector",
    tasks: ['detect'],
    cores: [],
    prepare: async () => {
      throw new Error('it needs YuNet as an ONNX file, and there is none among the shared files');
    },
  },
];
