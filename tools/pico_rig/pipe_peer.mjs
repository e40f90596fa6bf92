// The peer in another process, in lock step: one JSON object a line each way (README, "A peer of yours").
//
// The rig stops at everything it tells and waits for the answer, so the peer's time is the rig's time:
// it never matters how long an answer takes. What the peer does has a time of its own, not before now.

import fs from 'node:fs';
import { PinListener, Sender } from './lines.mjs';

const CHUNK = 65536;

export class PipePeer {
  /** Reads answers from the file `input` and writes to the file `output`, both open. */
  constructor(input, output) {
    this.input = input;
    this.output = output;
    this.unread = '';
    this.levels = new Map(); // of the pins that are watched, over starts
    this.driven = new Map(); // what the peer drives, over starts
    this.heardPins = new Map(); // pin -> bit rate
    this.tellsFlash = false;
  }

  /** A start of `pico`'s board. */
  attach(pico, board) {
    this.pico = pico;
    this.board = board;
    this.sender = new Sender(board, board.uart1);
    this.due = new Map(); // time -> what is to be done then, in order
    this.callOff = () => {};
    for (const [pin, level] of this.driven) board.pins[pin].drive(level);
    board.uart1.onByte = (value, beginNs) => this.#byte('uart1', value, board.startNs + beginNs, board.uart1.bitrate, false);
    board.onConsole(this.#lines());
    board.flash.onOperation = (operation) => { if (this.tellsFlash) this.#flash(operation); };
    for (const pin of this.levels.keys()) this.#watch(pin);
    for (const [pin, bitrate] of this.heardPins) this.#listen(pin, bitrate);
    this.#tell('start', { start: board.start, cause: board.cause });
  }

  /** The run is over. */
  end(why, report) {
    this.#write({ event: 'end', at_ns: Math.round(this.board.nowNs), why, ...report });
  }

  #lines() {
    let line = '';
    return (byte) => {
      if (byte !== 10) {
        line += String.fromCharCode(byte);
        return;
      }
      const text = line.replace(/\r$/, '');
      line = '';
      this.#tell('line', { text });
    };
  }

  #byte(port, value, beginNs, bitrate, framing) {
    this.#tell('byte', { port, value, begin_ns: Math.round(beginNs), bitrate: Math.round(bitrate), framing });
  }

  #flash({ data, ...operation }) {
    this.#tell('flash', { ...operation, data: data && Buffer.from(data).toString('hex') });
  }

  // The exchange

  #tell(event, details) {
    if (this.board.stopped !== null) return;
    this.#write({ event, at_ns: Math.round(this.board.nowNs), ...details });
    let answer = this.#read();
    for (; answer.ask; answer = this.#read()) this.#write(this.#asked(answer.ask));
    for (const action of answer.do ?? []) this.#carryOut(action);
    this.#wake(answer.next_ns ?? null);
  }

  #asked(what) {
    if (what !== 'files') throw new Error(`the peer asks for ${JSON.stringify(what)}, which this rig does not know`);
    return { files: Buffer.from(this.pico.files()).toString('base64') };
  }

  #wake(nextNs) {
    this.callOff();
    this.callOff = nextNs === null ? () => {} : this.board.at(nextNs, () => this.#tell('time', {}));
  }

  #carryOut(action) {
    const run = this[`do_${action.do}`];
    if (!run) throw new Error(`the peer wants ${JSON.stringify(action.do)}, which this rig cannot do`);
    const atNs = action.at_ns ?? this.board.nowNs;
    // A nanosecond: times on the way to the peer are rounded.
    if (atNs < this.board.nowNs - 1) throw new Error(`the peer acts at ${atNs}, and it is ${this.board.nowNs}`);
    run.call(this, action, atNs);
  }

  do_send({ data, bitrate }, atNs) {
    this.sender.send(Buffer.from(data, 'hex'), bitrate, atNs);
  }

  do_pin({ pin, level }, atNs) {
    this.#later(atNs, () => {
      this.driven.set(pin, level);
      this.board.pins[pin].drive(level);
    });
  }

  do_type({ text }, atNs) {
    this.#later(atNs, () => this.board.type(text));
  }

  do_cut_power({ dark_ns: darkNs = 0 }, atNs) {
    this.#later(atNs, () => this.pico.cutPower(darkNs));
  }

  do_stop({ why }, atNs) {
    this.#later(atNs, () => this.board.stop(why));
  }

  do_watch({ pin }) {
    if (this.levels.has(pin)) return;
    this.levels.set(pin, this.board.pins[pin].level);
    this.#watch(pin);
  }

  do_listen({ pin, bitrate }) {
    const known = this.heardPins.has(pin);
    this.heardPins.set(pin, bitrate);
    if (known) this.listeners.get(pin).bitrate = bitrate;
    else this.#listen(pin, bitrate);
  }

  do_watch_flash() {
    this.tellsFlash = true;
  }

  // Within the alarm of its time, so that an answer never changes what is being told. What is to be done
  // at one time is done in its order; the clock's alarms of one time have none.
  #later(atNs, run) {
    const { due } = this;
    if (due.has(atNs)) {
      due.get(atNs).push(run);
      return;
    }
    due.set(atNs, [run]);
    this.board.at(atNs, () => {
      const runs = due.get(atNs);
      due.delete(atNs);
      for (const each of runs) each();
    });
  }

  #watch(pin) {
    const tell = (level) => {
      this.levels.set(pin, level);
      this.#tell('pin', { pin, level });
    };
    const { board } = this;
    board.pins[pin].onEdge(tell);
    // An edge that a reset made.
    board.at(board.nowNs, () => { if (board.pins[pin].level !== this.levels.get(pin)) tell(board.pins[pin].level); });
  }

  #listen(pin, bitrate) {
    this.listeners ??= new Map();
    const listener = new PinListener(this.board, this.board.pins[pin], bitrate, (value, beginNs, _, framing) =>
      this.#byte(`gpio${pin}`, value, beginNs, listener.bitrate, framing));
    this.listeners.set(pin, listener);
  }

  // The files. Reading and writing wait: that is what makes it lock step.

  #write(message) {
    fs.writeSync(this.output, JSON.stringify(message) + '\n');
  }

  #read() {
    return JSON.parse(this.#readLine());
  }

  #readLine() {
    let end = this.unread.indexOf('\n');
    while (end < 0) {
      const buffer = Buffer.alloc(CHUNK);
      const count = fs.readSync(this.input, buffer, 0, CHUNK, null);
      if (count === 0) throw new Error('the peer is gone');
      this.unread += buffer.toString('utf8', 0, count);
      end = this.unread.indexOf('\n');
    }
    const line = this.unread.slice(0, end);
    this.unread = this.unread.slice(end + 1);
    return line;
  }
}
