// The ring oscillator's random bit: RP2040 data sheet 2.17.5. In rp2040js it reads as a constant 1.
//
// Here it comes from a seeded generator, so that two runs with one seed are the same run.

import { BasePeripheral } from 'rp2040js';

const STATUS = 0x18, RANDOMBIT = 0x1c;
const STABLE_AND_ENABLED = 0x80001000;

export class Rosc extends BasePeripheral {
  constructor(rp2040, seed = 1) {
    super(rp2040, 'ROSC');
    this.state = (Math.imul(seed, 0x9e3779b1) >>> 0) || 1;
    this.registers = new Map();
  }

  readUint32(offset) {
    if (offset === RANDOMBIT) return this.#next() >>> 31;
    if (offset === STATUS) return STABLE_AND_ENABLED;
    return this.registers.get(offset) ?? 0;
  }

  writeUint32(offset, value) {
    this.registers.set(offset, value);
  }

  // xorshift32
  #next() {
    let state = this.state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state >>> 0;
    return this.state;
  }
}
