#!/usr/bin/env node
// Runs a Pico from the command line: `node run.mjs --help`.

import fs from 'node:fs';
import path from 'node:path';
import url from 'node:url';
import { parseArgs } from 'node:util';
import { TIMES } from './chip/flash.mjs';
import { Pico, flashOf } from './pico.mjs';
import { PipePeer } from './pipe_peer.mjs';

const HELP = `node run.mjs [options]: MicroPython on an emulated Pico

  --firmware FILE    a UF2 file; default: the one of \`make pico-firmware\`, console on UART0
  --files IMAGE      image of the file system (python -m pico_rig.image makes one)
  --files-out IMAGE  where to write the file system at the end
  --peer MODULE      calls its default export with (board, pico) at each start
  --peer pipe        a peer in lock step on standard input and output (see README.md)
  --seconds N        virtual seconds; default 60
  --until TEXT       stop when the console has printed this
  --seed N           of everything that is random; default 1
  --flash NAME       the flash's times: typical (default), maximum, zero
  --no-cache         flash as fast as RAM
  --starts N         at most so many starts; default 1000
  --json FILE        how it went, as JSON; it is the last line on standard error too
`;

const OPTIONS = {
  firmware: { type: 'string' }, files: { type: 'string' }, 'files-out': { type: 'string' },
  peer: { type: 'string' }, seconds: { type: 'string', default: '60' }, until: { type: 'string' },
  seed: { type: 'string', default: '1' }, flash: { type: 'string', default: 'typical' },
  'no-cache': { type: 'boolean', default: false }, starts: { type: 'string', default: '1000' },
  json: { type: 'string' }, help: { type: 'boolean', default: false },
};

const here = path.dirname(url.fileURLToPath(import.meta.url));
const FIRMWARE = path.join(here, '../../.cache/pico-firmware/loquet-uart.uf2');

function fail(sentence) {
  process.stderr.write(`pico rig: ${sentence}\n`);
  process.exit(2);
}

function read(file, what) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    return fail(`${what}: ${error.message}`);
  }
}

function options() {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    if (!TIMES[values.flash]) fail(`--flash is ${values.flash}; allowed: ${Object.keys(TIMES).join(', ')}`);
    return values;
  } catch (error) {
    return fail(error.message);
  }
}

async function peerOf(name) {
  if (name === undefined) return { attach: (pico, board) => board.onConsole((byte) => process.stdout.write(Buffer.of(byte))), end() {} };
  if (name === 'pipe') return new PipePeer(0, 1);
  const attach = (await import(url.pathToFileURL(path.resolve(name)).href)).default;
  return { attach: (pico, board) => attach(board, pico), end() {} };
}

function stopAt(board, text) {
  let printed = '';
  board.onConsole((byte) => {
    printed = (printed + String.fromCharCode(byte)).slice(-text.length);
    if (printed === text) board.stop('until');
  });
}

async function main() {
  const given = options();
  if (given.help) {
    process.stdout.write(HELP);
    return;
  }
  const peer = await peerOf(given.peer);
  const flash = flashOf(read(given.firmware ?? FIRMWARE, 'no firmware (make pico-firmware)'), given.files ? read(given.files, '--files') : null);
  const beganAt = process.hrtime.bigint();
  const pico = new Pico(flash, {
    seed: Number(given.seed),
    times: TIMES[given.flash],
    cache: !given['no-cache'],
    starts: Number(given.starts),
  });
  pico.startWith((board) => {
    if (given.until) stopAt(board, given.until);
    peer.attach(pico, board);
  });
  const why = pico.run(Number(given.seconds) * 1e9);
  const wall = Number(process.hrtime.bigint() - beganAt) / 1e9;
  const report = { starts: pico.history, instructions: pico.instructions };
  peer.end(why, report);
  if (given['files-out']) fs.writeFileSync(given['files-out'], pico.files());
  const line = JSON.stringify({ why, virtual_s: pico.board.nowNs / 1e9, wall_s: wall, ...report });
  process.stderr.write(`${line}\n`);
  if (given.json) fs.writeFileSync(given.json, line);
}

await main();
