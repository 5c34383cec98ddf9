/** `models pull`: a thin layer over pullModels. */
import pc from 'picocolors';
import { codeOf, MnnFaceError, type MnnFaceErrorCode } from '../../errors.js';
import { DEFAULT_MODELS, pullModels } from '../../models/pull/pull-models.js';
import type { PulledModel } from '../../models/pull/results.js';
import { EXIT, reportError } from '../exit.js';
import { startPullProgress } from '../pull-progress.js';

/** What `models pull` is given. */
export interface PullCliOptions {
  json?: boolean;
  all?: boolean;
  from?: string;
  models?: string;
  acceptUnverified?: boolean;
}

/** Each licence once, with the models that have it. */
function licences(models: readonly PulledModel[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { name, license, project, trainedOn } of models) {
    const from = project === null ? '' : `, from ${project}`;
    const key = `${license}${from}${trainedOn === null ? '' : `; training data: ${trainedOn}`}`;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups].map(([licence, names]) => `  ${names.join(', ')}: ${licence}`);
}

function printForPeople(directory: string, models: readonly PulledModel[]): void {
  const there = models.filter(({ status }) => status !== 'failed');
  const width = Math.max(...there.map(({ name }) => name.length));
  for (const { name, status, bytes, path } of there) {
    const size = `${((bytes ?? 0) / 1e6).toFixed(2)} MB`;
    console.log(`  ${name.padEnd(width)}  ${status.padEnd(9)}  ${size.padStart(9)}  ${path ?? ''}`);
  }
  const pulled = there.filter(({ status }) => status !== 'present');
  if (pulled.length > 0) {
    console.log(`Kept in ${directory}. Licences of the weights:`);
    for (const line of licences(pulled)) console.log(line);
  }
  for (const { accepted } of there) {
    if (accepted === undefined) continue;
    console.log(`SHA-256 of ${accepted.file}, which you accepted: ${accepted.sha256}`);
    console.log(pc.dim(`  remembered in ${accepted.rememberedIn}; other bytes will be refused`));
  }
  for (const { error } of models) {
    if (error !== null)
      reportError(new MnnFaceError(error.code as MnnFaceErrorCode, error.message));
  }
}

/** `models pull [NAME...]`. */
export async function pullCommand(
  names: readonly string[],
  options: PullCliOptions,
): Promise<number> {
  if (options.all && names.length > 0) {
    throw new MnnFaceError('ERR_MODEL_MISSING', 'Give names or --all, not both.');
  }
  const wanted = options.all ? 'all' : names.length > 0 ? names : DEFAULT_MODELS;
  const progress = startPullProgress();
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let result: Awaited<ReturnType<typeof pullModels>>;
  try {
    result = await pullModels(wanted, {
      from: options.from,
      models: options.models,
      acceptUnverified: options.acceptUnverified,
      signal: stopping.signal,
      onProgress: progress.show,
    });
  } catch (error) {
    if (codeOf(error) !== 'ERR_ABORTED') throw error;
    console.error('Stopped. Run it again to go on where it was.');
    return EXIT.interrupted;
  } finally {
    process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
    progress.stop();
  }
  if (options.json) console.log(JSON.stringify(result));
  else printForPeople(result.directory, result.models);
  return result.models.some(({ status }) => status === 'failed') ? EXIT.badInput : EXIT.ok;
}
