// What the tests of chip/ are about: a chip of this rig or, with PICO_RIG_PLAIN=1, rp2040js as it comes.
// Registers and time are the same for both; what is not there in plain rp2040js makes its test fail.

import { ConsoleLogger, LogLevel, RP2040 } from 'rp2040js';
import { Board } from '../board.mjs';
import { SIZE } from '../chip/flash.mjs';
import { Sender } from '../lines.mjs';

export const plain = process.env.PICO_RIG_PLAIN === '1';
export const CLOCK_NS = 8; // of clk_sys at 125 MHz, where both begin

export const RAM = 0x20000000;
export const PRIMASK_OFF = false;

/** A chip whose flash is blank. `options` as for Board. */
export function chip(options = {}) {
  if (!plain) {
    const board = new Board(new Uint8Array(SIZE).fill(0xff), options);
    return new Subject(board.rp2040, board);
  }
  const rp2040 = new RP2040();
  rp2040.logger = new ConsoleLogger(LogLevel.Error, false);
  return new Subject(rp2040, null);
}

class Subject {
  constructor(rp2040, board) {
    this.rp2040 = rp2040;
    this.board = board;
    this.clock = rp2040.clock;
  }

  get ns() {
    return this.clock.nanos;
  }

  read(address) {
    return this.rp2040.readUint32(address) >>> 0;
  }

  write(address, value) {
    this.rp2040.writeUint32(address, value);
  }

  pass(ns) {
    this.clock.tick(ns);
  }

  // UART1

  get uart() {
    return this.rp2040.uart[1];
  }

  onByte(listener) {
    this.uart.onByte = (value) => listener(value, this.ns);
  }

  /** A byte has arrived, stop bit and all. */
  receive(byte) {
    if (this.board) this.uart.receive(byte);
    else this.uart.feedByte(byte);
  }

  /** Sends to UART1 at `bitrate`. */
  sendAt(bytes, bitrate) {
    if (this.board) new Sender(this.board, this.uart).send(bytes, bitrate);
    else bytes.forEach((byte) => this.uart.feedByte(byte));
  }

  // Pins

  drive(pin, level) {
    if (this.board) this.board.pins[pin].drive(level);
    else this.rp2040.gpio[pin].setInputValue(level === 1);
  }

  level(pin) {
    return (this.read(0xd0000004) >>> pin) & 1;
  }

  // Programs

  /** Puts Thumb instructions at `address` and lets the processor begin there. */
  program(address, instructions) {
    const { rp2040 } = this;
    instructions.forEach((code, i) => {
      if (address >>> 24 === 0x10) rp2040.flashView.setUint16((address & 0xffffff) + 2 * i, code, true);
      else rp2040.writeUint16(address + 2 * i, code);
    });
    rp2040.core.PC = address;
    rp2040.core.SP = RAM + 0x10000;
  }

  /** Executes `count` instructions; returns the time they take. */
  step(count) {
    const { core } = this.rp2040;
    const begin = this.ns;
    for (let i = 0; i < count; i++) {
      const clocks = core.executeInstruction() + (this.board?.stalled ?? 0);
      if (this.board) this.board.stalled = 0;
      this.pass(clocks * CLOCK_NS);
    }
    return this.ns - begin;
  }

  /** Calls the function at `address`; returns r0 and the time it took. */
  call(address, ...args) {
    const { core } = this.rp2040;
    const end = RAM + 0x8000;
    const begin = this.ns;
    this.rp2040.writeUint16(end, 0xe7fe); // b .
    args.forEach((value, i) => { core.registers[i] = value; });
    core.LR = end | 1;
    core.PC = address & ~1;
    for (let i = 0; core.PC !== end; i++) {
      if (i > 100000) throw new Error('the function does not return');
      this.step(1);
    }
    return { result: core.registers[0], ns: this.ns - begin };
  }
}
