// The Pico's flash chip, a Winbond W25Q16JV, command by command (its data sheet, section 8), with the
// time that its work takes (section 9.6) and with what a power cut leaves of it.
//
// rp2040js has no flash chip: erasing and programming do nothing, without a word.
//
// `memory` is what the processor reads, the first SIZE bytes of it are the chip's. Commands change it
// at once, as nobody can read the chip while it works; interrupt() is what takes a part of it back.

export const SIZE = 2 * 1024 * 1024;
export const PAGE = 256;
export const SECTOR = 4096;
const HALF_BLOCK = 32 * 1024;
const BLOCK = 64 * 1024;

const MS = 1e6;
/** Times of W25Q16JV, data sheet 9.6, in ns: typical, maximum; `zero` shows what the rest costs. */
export const TIMES = {
  typical: { program: 0.4 * MS, sector: 45 * MS, halfBlock: 120 * MS, block: 150 * MS, status: 10 * MS },
  maximum: { program: 3 * MS, sector: 400 * MS, halfBlock: 1600 * MS, block: 2000 * MS, status: 15 * MS },
  zero: { program: 0, sector: 0, halfBlock: 0, block: 0, status: 0 },
};

const ERASES = {
  0x20: { bytes: SECTOR, time: 'sector' },
  0x52: { bytes: HALF_BLOCK, time: 'halfBlock' },
  0xd8: { bytes: BLOCK, time: 'block' },
};
const JEDEC_ID = [0xef, 0x40, 0x15];
const UNIQUE_ID = [0xe4, 0x61, 0x4c, 0x31, 0x1b, 0x2a, 0x0f, 0x37];
const STATUS = { BUSY: 1, WEL: 2 };

export class Flash {
  constructor(memory, clock, times = TIMES.typical) {
    this.memory = memory;
    this.clock = clock;
    this.times = times;
    this.counters = { erases: 0, programs: 0, programmedBytes: 0, busyNs: 0 };
    this.erasesOf = new Map(); // sector number -> how often
    /** Called when an operation begins: {kind, address, bytes, ns, data}; data: a program's, else null. */
    this.onOperation = () => {};
    this.status2 = 2; // quad enable, as set on a Pico that has booted once
    this.writable = false;
    this.input = [];
    this.operation = null;
  }

  get busy() {
    return this.operation !== null && this.clock.nanos < this.operation.endNs;
  }

  /** When the operation in progress ends; now, if there is none. */
  get idleAtNs() {
    return this.busy ? this.operation.endNs : this.clock.nanos;
  }

  /** One byte in, one byte out, while the chip is selected. */
  exchange(byte) {
    const place = this.input.push(byte) - 1;
    return place === 0 ? 0 : this.#answer(this.input[0], place);
  }

  /** The chip is no longer selected: now it does what it was told. */
  deselect() {
    const input = this.input;
    this.input = [];
    if (input.length && !this.busy) this.#execute(input);
  }

  /** A whole command: select, exchange, deselect. */
  command(bytes) {
    for (const byte of bytes) this.exchange(byte);
    this.deselect();
  }

  /**
   * The power fails now. An operation in progress stays half done: bytes of a page are programmed one
   * after the other; an erase has set a part of its bits, spread over all of it. `random()` gives
   * 0 to 1. Returns {kind, address, done} of what was torn, or null.
   */
  interrupt(random) {
    if (!this.busy) return null;
    const { kind, address, before, beginNs, endNs } = this.operation;
    const done = (this.clock.nanos - beginNs) / (endNs - beginNs);
    for (let i = 0; i < before.length; i++) {
      if (kind === 'program') {
        if (i >= done * before.length) this.memory[address + i] = before[i];
      } else {
        this.memory[address + i] = before[i] | someBits(random, done);
      }
    }
    this.operation = null;
    return { kind, address, done };
  }

  #answer(instruction, place) {
    switch (instruction) {
      case 0x05: return (this.busy ? STATUS.BUSY : 0) | (this.writable ? STATUS.WEL : 0);
      case 0x35: return this.status2;
      case 0x9f: return JEDEC_ID[place - 1] ?? 0;
      case 0x4b: return place >= 5 ? UNIQUE_ID[(place - 5) % UNIQUE_ID.length] : 0;
      case 0x03: return this.#read(place - 4);
      case 0x0b: return this.#read(place - 5); // one dummy byte
      default: return 0;
    }
  }

  #read(place) {
    return place < 0 ? 0 : this.memory[(addressOf(this.input) + place) % SIZE];
  }

  #execute(input) {
    const instruction = input[0];
    if (instruction === 0x06) {
      this.writable = true;
    } else if (instruction === 0x04) {
      this.writable = false;
    } else if (this.writable) {
      this.#write(instruction, input);
    }
  }

  #write(instruction, input) {
    const erase = ERASES[instruction];
    if (erase && input.length === 4) {
      this.#erase(addressOf(input) & -erase.bytes, erase);
    } else if (instruction === 0x02 && input.length > 4) {
      this.#program(addressOf(input), input.slice(4));
    } else if (instruction === 0x01 || instruction === 0x31) {
      this.status2 = input[instruction === 0x01 ? 2 : 1] ?? this.status2;
      this.#begin('status', 0, 0, this.times.status);
    }
  }

  #erase(address, { bytes, time }) {
    this.#begin('erase', address, bytes, this.times[time]);
    this.memory.fill(0xff, address, address + bytes);
    this.counters.erases++;
    for (let at = address; at < address + bytes; at += SECTOR) {
      this.erasesOf.set(at / SECTOR, (this.erasesOf.get(at / SECTOR) ?? 0) + 1);
    }
  }

  #program(address, data) {
    const page = address & -PAGE;
    const bits = new Uint8Array(PAGE).fill(0xff);
    data.forEach((byte, i) => { bits[(address + i) & (PAGE - 1)] &= byte; }); // a page wraps
    this.#begin('program', page, PAGE, this.times.program, bits);
    bits.forEach((byte, i) => { this.memory[page + i] &= byte; }); // bits only fall
    this.counters.programs++;
    this.counters.programmedBytes += data.length;
  }

  #begin(kind, address, bytes, ns, data = null) {
    const now = this.clock.nanos;
    const before = this.memory.slice(address, address + bytes);
    this.operation = { kind, address, before, beginNs: now, endNs: now + ns };
    this.counters.busyNs += ns;
    this.writable = false;
    this.onOperation({ kind, address, bytes, ns, data });
  }
}

function addressOf(input) {
  return ((input[1] << 16) | (input[2] << 8) | input[3]) % SIZE;
}

// Each bit set with this probability.
function someBits(random, probability) {
  let bits = 0;
  for (let bit = 1; bit < 256; bit <<= 1) if (random() < probability) bits |= bit;
  return bits;
}
