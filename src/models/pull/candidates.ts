/** The places that a model is tried from, in order: its sources, or what a mirror may have of them. */
import { existsSync } from 'node:fs';
import type { Model } from '../manifest.js';
import { describeSource, fileNameOf, type OnnxSource, type PackageSource } from '../sources.js';
import { shown } from './failure.js';
import { type Mirror, placesIn } from './mirror.js';
import type { SourceFailure } from './results.js';

/** One place, and what has to be done with what is there. */
export type Candidate = { kind: SourceFailure['kind']; shown: string } & (
  | { get: 'model'; place: string | URL }
  | { get: 'onnx'; place: URL | string; source: OnnxSource }
  /** Without a place: by the registry's client. */
  | { get: 'package'; place: URL | string | undefined; source: PackageSource }
);

function inMirror(mirror: Mirror, name: string): string | URL {
  const places = placesIn(mirror, name);
  const there = places.find((place) => typeof place === 'string' && existsSync(place));
  return there ?? (places[0] as string | URL);
}

function ofMirror(model: Model, mirror: Mirror): Candidate[] {
  const whole = inMirror(mirror, model.file);
  const candidates: Candidate[] = [
    { kind: 'mirror', shown: shown(whole), get: 'model', place: whole },
  ];
  for (const source of model.sources) {
    if (source.kind === 'file') continue;
    const name = source.kind === 'onnx' ? fileNameOf(source.url) : source.archive.file;
    const place = inMirror(mirror, name);
    const common = { kind: 'mirror', shown: shown(place), place } as const;
    if (source.kind === 'onnx') candidates.push({ ...common, get: 'onnx', source });
    else candidates.push({ ...common, get: 'package', source });
  }
  return candidates;
}

/** Where to try, in order. A mirror stands in place of all sources. */
export function candidatesOf(model: Model, mirror: Mirror | undefined): Candidate[] {
  if (mirror !== undefined) return ofMirror(model, mirror);
  return model.sources.map((source): Candidate => {
    const common = { kind: source.kind, shown: describeSource(source) };
    if (source.kind === 'file') return { ...common, get: 'model', place: new URL(source.url) };
    if (source.kind === 'onnx') {
      return { ...common, get: 'onnx', place: new URL(source.url), source };
    }
    return { ...common, get: 'package', place: undefined, source };
  });
}
