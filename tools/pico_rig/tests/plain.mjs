#!/usr/bin/env node
// Runs the tests of chip/ on rp2040js as it comes and tells which of them it passes. Each part that this
// rig replaces has to have tests that plain rp2040js fails: exit status 1 if one has none.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import url from 'node:url';

const here = path.dirname(url.fileURLToPath(import.meta.url));
const PARTS = { uart: 'UART', flash: 'flash chip, SSI', xip_cache: 'XIP cache', pins: 'pins', pio: 'PIO', boot_rom: 'boot ROM', exceptions: 'interrupts', rosc: 'ROSC' };

let without = 0;
for (const [part, name] of Object.entries(PARTS)) {
  const file = path.join(here, `${part}.test.mjs`);
  const { stdout } = spawnSync(process.execPath, ['--test', '--test-force-exit', '--test-reporter=tap', file], {
    env: { ...withoutTestRunner(process.env), PICO_RIG_PLAIN: '1' }, encoding: 'utf8', maxBuffer: 1 << 26, timeout: 60e3,
  });
  const results = [...stdout.matchAll(/^ *(not ok|ok) \d+ - (.*)$/gm)].filter(([, , title]) => !title.endsWith('.mjs'));
  const failed = results.filter(([, verdict]) => verdict === 'not ok').length;
  if (!failed || !fs.existsSync(file)) without++;
  console.log(`plain rp2040js, ${name}: fails ${failed} of ${results.length} tests`);
  for (const [, verdict, title] of results) if (verdict === 'ok') console.log(`    passes: ${title}`);
}
process.exitCode = without ? 1 : 0;

// A runner within a runner would report to the outer one.
function withoutTestRunner({ NODE_TEST_CONTEXT, ...rest }) {
  return rest;
}
