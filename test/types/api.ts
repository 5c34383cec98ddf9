/** What the public types promise; checked by tsc, never run. */
import {
  type CacheStore,
  type Comparison,
  createFaces,
  type Detection,
  type Embedding,
  type Enrolled,
  type Identification,
  type MatrixComparison,
  MnnFaceError,
  openGallery,
  type Picture,
  similarity,
} from '../../src/index.js';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<T extends true>(): T | undefined {
  return undefined;
}

export async function types(): Promise<void> {
  await using faces = createFaces({ detector: 'yunet', cache: true });
  const picture: Picture = 'a.jpg';

  const detection = await faces.detect(picture, { signal: AbortSignal.timeout(1000) });
  holds<Equal<typeof detection, Detection>>();

  // The shape of the result follows from what is asked for.
  const one = await faces.verify(picture, new Uint8Array(1));
  holds<Equal<typeof one, Comparison>>();
  const all = await faces.verify(picture, picture, { faces: 'all' });
  holds<Equal<typeof all, MatrixComparison>>();

  const [face] = (await faces.embed(new URL('file:///a.jpg'))).faces;
  if (face !== undefined) {
    holds<Equal<typeof face.embedding, Embedding>>();
    const asFloats: Float32Array = face.embedding;
    similarity(face, asFloats);
  }
  for await (const result of faces.detectAll([picture])) holds<Equal<typeof result, Detection>>();

  const store: CacheStore = { get: () => undefined, set: () => undefined };
  await using gallery = await openGallery({ file: 'people.db', faces, far: 0.001 });
  const enrolled = await gallery.enroll('Ada', picture, {
    faces: 'largest',
    metadata: { age: 36 },
  });
  holds<Equal<typeof enrolled, Enrolled>>();
  const identified = await gallery.identify(picture, { limit: 3 });
  holds<Equal<typeof identified, Identification>>();
  await gallery.import(gallery.export());

  createFaces({ cache: { content: store, hash: 'md5' } });
  holds<Equal<MnnFaceError['count'], number | undefined>>();
  throw new MnnFaceError('ERR_NO_FACE', 'text');
}

export function mistakes(): void {
  // @ts-expect-error an unknown detector
  createFaces({ detector: 'ssd' });
  // @ts-expect-error a mistyped option
  createFaces({ scoreTreshold: 0.5 });
  // @ts-expect-error the signal is of a call
  createFaces({ signal: AbortSignal.abort() });
  // @ts-expect-error raw pixels without their size
  createFaces().detect({ data: new Uint8Array(1) });
  // @ts-expect-error an unknown code
  new MnnFaceError('ERR_WHAT', 'text');
  // @ts-expect-error a gallery needs the faces that it embeds with
  openGallery({ file: 'people.db' });
  // @ts-expect-error one picture is no pair
  createFaces().verify('a.jpg');
}
