// A process that enrols is killed (SIGKILL) again and again, at odd moments.
//   node bench/gallery-kill.mjs [--json] [--kills 100]
// Then: are all acknowledged enrolments there, is the file whole, does the search agree with it?
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setUp } from '../scripts/setup.mjs';

await setUp({ dev: true });
const require = createRequire(import.meta.url);
const { enrolAndKill, examine } = require('../test/process/kill-enroller.cjs');

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, kills: { type: 'string', default: '100' } },
});
const kills = Number(values.kills);
const folder = mkdtempSync(join(tmpdir(), 'mnn-face-kill-'));
try {
  const file = join(folder, 'gallery.db');
  const acknowledged = [];
  for (let round = 0; round < kills; round++) {
    // 0 to 40 ms after the fifth acknowledgement: within statements, commits and checkpoints.
    const delay = (round * 17) % 41;
    acknowledged.push(...(await enrolAndKill(file, 100_000 * round, 5, delay)));
  }
  const { lost, wrong, ...rest } = await examine(file, acknowledged);
  const result = {
    kills,
    acknowledged: acknowledged.length,
    lost: lost.length,
    wrong: wrong.length,
    ...rest,
  };
  if (values.json) console.log(JSON.stringify(result));
  else {
    console.log(
      `${kills} kills, ${result.acknowledged} acknowledged enrolments: ${result.lost} lost, ${result.wrong} wrong, ${result.duplicates} doubled; integrity_check: ${result.integrity}; ${result.entries} entries in the file`,
    );
  }
  if (lost.length + wrong.length + rest.duplicates > 0 || rest.integrity !== 'ok') {
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
