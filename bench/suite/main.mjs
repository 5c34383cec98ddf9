// `npm run bench`: this package beside others, measured so that a stranger can believe it.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { UsageError } from '../../scripts/reference/usage-error.mjs';
import { setUp } from '../../scripts/setup.mjs';
import { readOptions, USAGE } from './options.mjs';

async function main() {
  if (process.argv.includes('--help')) {
    console.log(USAGE);
    return;
  }
  await setUp();
  // Only now are the npm packages and dist/ certain to be there.
  const { CONTENDERS } = await import('./contenders/list.mjs');
  const options = readOptions(
    process.argv.slice(2),
    CONTENDERS.map(({ id }) => id),
  );
  if (options.list) {
    for (const { id, what } of CONTENDERS) console.log(`${id}\n    ${what}`);
    return;
  }
  const { runBenchmark } = await import('./run.mjs');
  const report = await runBenchmark(CONTENDERS, options);
  const { reportToText } = await import('./report-text.mjs');
  console.log(reportToText(report));
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  if (options.html) {
    const { reportToHtml } = await import('./report-html.mjs');
    writeFileSync(options.html, reportToHtml(report));
  }
  if (options.markdown) {
    const { reportToMarkdown } = await import('./report-markdown.mjs');
    writeFileSync(options.markdown, reportToMarkdown(report));
  }
}

try {
  await main();
} catch (error) {
  const bad = error instanceof UsageError;
  console.error(bad ? `${error.message}\n(npm run bench -- --help shows all options)` : error);
  process.exitCode = bad ? 2 : 3;
}
