// A boot ROM: what the Pico SDK looks up in the RP2040's (data sheet 2.8.3), carried out here in
// JavaScript. The npm package has none, and the real one is not in any package of Debian or npm.
//
// In memory every function is `UDF #n; BX LR`: the processor stops at UDF, perform() does the work and
// charges the clocks it takes. Functions that wait for the flash are performed again when it is done.
// Clocks are about those of the data sheet's tables (2.8.3.1, 2.8.3.2) and, for memory and flash, of
// a run with the real ROM. Double precision and the debugging functions are not there: a program that
// calls them stops with a sentence.

import { PAGE, SECTOR } from './flash.mjs';
import { singlePrecision } from './rom_float.mjs';

const ROM_WORDS = 4096;
const FIRST_FUNCTION = 0x200;
const UDF = 0xde00, BX_LR = 0x4770;
const STACK_TOP = 0x20041f00; // where the real ROM leaves the stack pointer
// Version 2 is the ROM of chip B1, whose float tables the SDK uses without patching them.
const MAGIC_AND_VERSION = [0x4d, 0x75, 0x01, 0x02];
const FLOAT_TABLE_ENTRIES = 32;
// The ROM sends commands at a sixth of clk_sys; programming a page took it this long beside the chip.
const COMMAND_DIVIDER = 6;
const CLOCKS_PER_PAGE = 22600;

export class BootRom {
  /**
   * `chip`: {rp2040, flash, ssi, ioQspi, cache}; `stall(clocks)` makes the processor wait;
   * `stop(why)` ends the run.
   */
  constructor(chip, stall, stop) {
    this.chip = chip;
    this.core = chip.rp2040.core;
    this.stall = stall;
    this.stop = stop;
    this.words = new Uint32Array(ROM_WORDS);
    this.view = new DataView(this.words.buffer);
    this.functions = [];
    this.free = FIRST_FUNCTION;
    this.job = null; // what a flash function has still to do
    this.#lay();
  }

  /** The processor has come to UDF #n of this ROM. */
  perform(n) {
    this.functions[n](this.core.registers);
  }

  // The ROM's contents

  #lay() {
    const lookup = this.#function((r) => this.#lookUp(r));
    const functions = { ...this.#bitFunctions(), ...this.#memoryFunctions(), ...this.#flashFunctions() };
    const code = Object.entries(functions).map(([name, run]) => [name, this.#function(run)]);
    const floats = this.#floatTable(singlePrecision(this.stall));
    const doubles = this.#floatTable([]);
    const { view } = this;
    view.setUint32(0x00, STACK_TOP, true);
    MAGIC_AND_VERSION.forEach((byte, i) => view.setUint8(0x10 + i, byte));
    view.setUint16(0x14, this.#nameTable(code), true);
    view.setUint16(0x16, this.#nameTable([['SF', floats], ['SD', doubles]]), true);
    view.setUint16(0x18, lookup, true);
  }

  // Its address, with the bit that says Thumb.
  #function(run) {
    const address = this.free;
    this.free += 4;
    this.view.setUint16(address, UDF | this.functions.length, true);
    this.view.setUint16(address + 2, BX_LR, true);
    this.functions.push(run);
    return address | 1;
  }

  #floatTable(runs) {
    const missing = this.#function(() => this.stop('the boot ROM of this rig has no such float function'));
    const addresses = runs.map((run) => (run ? this.#function(run) : missing));
    const table = (this.free + 4 + 3) & ~3;
    this.view.setUint8(table - 2, FLOAT_TABLE_ENTRIES);
    for (let i = 0; i < FLOAT_TABLE_ENTRIES; i++) this.view.setUint32(table + 4 * i, addresses[i] ?? missing, true);
    this.free = table + 4 * FLOAT_TABLE_ENTRIES;
    return table;
  }

  // Pairs of a two-letter name and an address, ended by a zero (2.8.3).
  #nameTable(entries) {
    const table = this.free;
    for (const [name, address] of entries) {
      this.view.setUint16(this.free, name.charCodeAt(0) | (name.charCodeAt(1) << 8), true);
      this.view.setUint16(this.free + 2, address, true);
      this.free += 4;
    }
    this.free += 4;
    return table;
  }

  // Functions: arguments in r[0] to r[3], the result in r[0]

  #lookUp(r) {
    let entry = r[0];
    while (this.view.getUint16(entry, true) && this.view.getUint16(entry, true) !== (r[1] & 0xffff)) entry += 4;
    r[0] = this.view.getUint16(entry, true) ? this.view.getUint16(entry + 2, true) : 0;
    this.stall(30);
  }

  #bitFunctions() {
    const of = (clocks, compute) => (r) => {
      r[0] = compute(r[0]);
      this.stall(clocks);
    };
    return {
      P3: of(18, popCount),
      R3: of(20, reversed),
      L3: of(14, (x) => Math.clz32(x)),
      T3: of(18, (x) => (x ? 31 - Math.clz32(x & -x) : 32)),
    };
  }

  #memoryFunctions() {
    const { core } = this;
    const set = (r) => {
      const begin = r[0], end = begin + r[2];
      for (let at = begin; at < end; at++) core.writeUint8(at, r[1] & 0xff);
      this.stall(20 + r[2] * ((begin | r[2]) & 3 ? 2 : 0.5));
    };
    const copy = (r) => {
      for (let i = 0; i < r[2]; i++) core.writeUint8(r[0] + i, core.readUint8(r[1] + i));
      this.stall(20 + r[2] * ((r[0] | r[1] | r[2]) & 3 ? 4 : 0.8));
    };
    return { MS: set, S4: set, MC: copy, C4: copy };
  }

  #flashFunctions() {
    const { ssi, ioQspi, cache } = this.chip;
    const toCommandMode = (clocks) => () => {
      ssi.toCommandMode(COMMAND_DIVIDER);
      this.stall(clocks);
    };
    return {
      IF: toCommandMode(200),
      EX: toCommandMode(2000),
      RE: (r) => this.#work(
        () => ({ at: r[0], bytes: r[1], block: r[2], blockCommand: r[3] & 0xff }), () => this.#erase()),
      RP: (r) => this.#work(() => ({ at: r[0], from: r[1], bytes: r[2] }), () => this.#programPage()),
      FC: () => {
        ioQspi.release();
        cache.flush();
        this.stall(1100);
      },
      CX: () => {
        ioQspi.release();
        this.stall(300);
      },
      UB: () => this.stop('reset to USB boot'),
    };
  }

  // A job goes on one unit at a time, and time passes in between: this UDF is executed again.
  #work(begin, step) {
    this.job ??= begin();
    if (this.job.bytes > 0) {
      step();
      this.#waitForFlash();
      this.core.PC -= 2;
    } else {
      this.job = null;
    }
  }

  #erase() {
    const { job } = this;
    const whole = job.block > SECTOR && job.bytes >= job.block && job.at % job.block === 0;
    const bytes = whole ? job.block : SECTOR;
    this.#command(whole ? job.blockCommand : 0x20, job.at);
    job.at += bytes;
    job.bytes -= bytes;
  }

  #programPage() {
    const { job, core } = this;
    const data = Array.from({ length: PAGE }, (_, i) => core.readUint8(job.from + i));
    this.#command(0x02, job.at, data);
    this.stall(CLOCKS_PER_PAGE);
    job.at += PAGE;
    job.from += PAGE;
    job.bytes -= PAGE;
  }

  #command(instruction, address, data = []) {
    const { flash } = this.chip;
    flash.command([0x06]);
    flash.command([instruction, address >>> 16, (address >>> 8) & 0xff, address & 0xff, ...data]);
  }

  #waitForFlash() {
    const { flash, rp2040 } = this.chip;
    this.stall(((flash.idleAtNs - rp2040.clock.nanos) * rp2040.clkSys) / 1e9);
  }
}

function popCount(x) {
  let count = 0;
  for (let rest = x; rest; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}

function reversed(x) {
  let result = 0;
  for (let bit = 0; bit < 32; bit++) result = (result << 1) | ((x >>> bit) & 1);
  return result >>> 0;
}
