// What `npm install` runs: nothing where a prebuilt addon fits, else a build from source.
//   npm_config_build_from_source=true    builds in any case
// node-gyp-build's own command would do the same through node-gyp, which needs Python for nothing.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { HOW_TO_INSTALL, missingRequirements } from './requirements.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Loads the addon in a process of its own: a wrong one may end its process. */
function loads() {
  const load = `require('node-gyp-build')(${JSON.stringify(root)})`;
  const result = spawnSync(process.execPath, ['-e', load], { cwd: root, encoding: 'utf8' });
  return { ok: result.status === 0, reason: result.stderr };
}

const fromSource = process.env.npm_config_build_from_source === 'true';
const found = fromSource ? { ok: false, reason: '' } : loads();
if (!found.ok) {
  const here = `${process.platform}-${process.arch}, Node ${process.version}`;
  console.error(
    fromSource
      ? 'mnn-face: building from source, as asked.'
      : `mnn-face: no prebuilt addon fits this machine (${here}); building from source.`,
  );
  const wrong = /^Error: (?!No native build).*$/m.exec(found.reason)?.[0];
  if (wrong) console.error(`The one that was tried: ${wrong}`);
  const missing = missingRequirements();
  if (missing.length > 0) {
    console.error(
      `That needs what is missing here: ${missing.join(', ')}.\n` +
        `${HOW_TO_INSTALL[process.platform] ?? HOW_TO_INSTALL.linux}\n` +
        'Then install again: npm install mnn-face. The first build takes about 6 minutes on 2 cores.',
    );
    process.exit(1);
  }
  await import('./build.mjs');
}
