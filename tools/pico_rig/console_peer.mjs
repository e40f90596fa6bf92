// The console as a serial device: what the chip prints goes to the file PICO_CONSOLE, open like all of
// these, and what comes from there is typed; in step with the clock on the wall, or slower.
//
// Standard input has commands, one JSON object a line: {"do": "watch", "pin": N}, "cut_power", "stop".
// Standard output tells of each start, and of each edge of the pins that are watched.

import fs from 'node:fs';

const INPUT = 0, OUTPUT = 1;
const CONSOLE = Number(process.env.PICO_CONSOLE);
const LOOK_NS = 1e6;
// As many as come within a look at 115200 bit/s.
const TYPED_AT_ONCE = 11;

const levels = new Map(); // of the pins that are watched, over starts
let unread = '';
let wallAheadNs = null;

/** A start of `pico`'s board. */
export default function attach(board, pico) {
  board.onConsole((byte) => put(CONSOLE, Buffer.of(byte)));
  tell(board, 'start', { start: board.start, cause: board.cause });
  for (const pin of levels.keys()) watch(board, pin);
  look(board, pico);
}

function look(board, pico) {
  for (const command of commands()) carryOut(board, pico, command);
  const typed = take(CONSOLE, TYPED_AT_ONCE);
  if (typed.length) board.type(typed);
  waitForTheWall(board);
  board.at(board.nowNs + LOOK_NS, () => look(board, pico));
}

// A chip that waits runs a hundred times as fast as a real one: its watchdog would not wait for us.
function waitForTheWall(board) {
  const ahead = board.nowNs - Number(process.hrtime.bigint());
  wallAheadNs ??= ahead;
  if (ahead > wallAheadNs) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, (ahead - wallAheadNs) / 1e6);
  } else {
    wallAheadNs = ahead; // time that was lost is not made up for
  }
}

function carryOut(board, pico, command) {
  if (command.do === 'watch') watch(board, command.pin);
  else if (command.do === 'cut_power') pico.cutPower();
  else if (command.do === 'stop') board.stop('told to');
  else throw new Error(`nobody here can do ${JSON.stringify(command)}`);
}

function watch(board, pin) {
  const note = (level) => {
    if (levels.get(pin) === level) return;
    levels.set(pin, level);
    tell(board, 'pin', { pin, level });
  };
  if (!levels.has(pin)) levels.set(pin, board.pins[pin].level);
  board.pins[pin].onEdge(note);
  // An edge that a reset made.
  board.at(board.nowNs, () => note(board.pins[pin].level));
}

function tell(board, event, details) {
  fs.writeSync(OUTPUT, JSON.stringify({ event, at_ns: Math.round(board.nowNs), ...details }) + '\n');
}

function commands() {
  unread += take(INPUT, 4096).toString();
  const lines = unread.split('\n');
  unread = lines.pop();
  return lines.map((line) => JSON.parse(line));
}

// These files never wait: nothing is there, or nobody takes it.

function take(file, most) {
  const buffer = Buffer.alloc(most);
  try {
    return buffer.subarray(0, fs.readSync(file, buffer, 0, most, null));
  } catch (error) {
    if (error.code === 'EAGAIN') return buffer.subarray(0, 0);
    throw error;
  }
}

function put(file, bytes) {
  try {
    fs.writeSync(file, bytes);
  } catch (error) {
    if (error.code !== 'EAGAIN') throw error;
  }
}
