// Runs scenarios, each in a network of namespaces of its own:
//
//     node tests/e2e/congestion/run.mjs [NAME...]
//
// and writes what they measured: figures to RESULTS.md beside this file, with bounds; everything recorded to build/congestion.
// Ends with 1 if a bound was missed. With --report alone it writes RESULTS.md anew from what was measured before.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Network, networkMissing } from '../support/network.mjs';
import { missed, report } from './report.mjs';
import { scenarios } from './scenarios.mjs';

const TIMEOUT_MS = 150_000;

const here = fileURLToPath(import.meta.url);
const repository = fileURLToPath(new URL('../../../', import.meta.url));
const output = path.join(repository, 'build', 'congestion');
const results = fileURLToPath(new URL('RESULTS.md', import.meta.url));

if (process.env.TUTTI_SCENARIO) await runInside(process.env.TUTTI_SCENARIO);
else await runAll(process.argv.slice(2));

/** @param {string} name */
async function runInside(name) {
  const log = (/** @type {string} */ line) => console.log(`${name}: ${line}`);
  const figures = await scenarios[name].run({ log, trace: path.join(output, `${name}.trace.json`) });
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const kept = { name, commit: commit(), date, note: process.env.TUTTI_NOTE, figures };
  fs.writeFileSync(path.join(output, `${name}.json`), JSON.stringify(kept, null, 1));
  process.exit(0); // whatever a browser left open
}

/** @param {string[]} asked */
async function runAll(asked) {
  const missing = networkMissing();
  if (missing) throw new Error(missing);
  fs.mkdirSync(output, { recursive: true });
  const names = asked.length > 0 ? asked : Object.keys(scenarios);
  if (asked[0] === '--report') names.splice(0);
  for (const name of names) {
    fs.rmSync(path.join(output, `${name}.json`), { force: true });
    const network = new Network(scenarios[name].clients);
    try {
      const status = await network.run([process.execPath, here], { TUTTI_SCENARIO: name }, TIMEOUT_MS);
      if (status !== 0) process.exitCode = 1;
    } finally {
      network.remove();
    }
  }
  const measured = Object.keys(scenarios).flatMap((name) => {
    const file = path.join(output, `${name}.json`);
    return fs.existsSync(file) ? [JSON.parse(fs.readFileSync(file, 'utf8'))] : [];
  });
  fs.writeFileSync(results, report(measured));
  for (const line of missed(measured)) {
    console.error(`missed: ${line}`);
    process.exitCode = 1;
  }
}

/** What is measured: the commit that the daemon was built from, if TUTTI_COMMIT does not say otherwise. */
function commit() {
  const git = (...args) => spawnSync('git', ['-C', repository, ...args], { encoding: 'utf8' }).stdout.trim();
  return process.env.TUTTI_COMMIT ?? git('rev-parse', '--short', 'HEAD');
}
