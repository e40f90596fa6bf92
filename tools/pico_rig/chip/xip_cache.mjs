// What reading the flash as memory costs: the XIP cache of RP2040 data sheet 2.6.3, 16 KB, two ways,
// lines of 8 bytes. rp2040js reads flash as fast as RAM, which makes programs 17 % too quick.
//
// A hit costs nothing more than RAM. A miss fetches a line by a continuous quad read (EBh): 2 clocks a
// nibble pair for 24 address and 8 mode bits (8), 4 dummy clocks, 16 for the 8 bytes: 28 clocks of the
// flash, each of SSI.BAUDR system clocks, and a few of the SSI's own.
// Which way is replaced is not published; here it is the one that was used longer ago.

import { BasePeripheral } from 'rp2040js';

const LINES = 2048;
const SETS = LINES / 2;
const FLASH_CLOCKS_PER_MISS = 28;
// Chosen with the benchmarks of the README's calibration, within what they can tell apart.
const OVERHEAD_CLOCKS = 4;

export class XipCache {
  /** `stall(clocks)` makes the processor wait; `divider()` is SSI.BAUDR. */
  constructor(stall, divider) {
    this.counters = { hits: 0, misses: 0 };
    this.stall = stall;
    this.divider = divider;
    this.lines = new Int32Array(LINES).fill(-1);
    this.older = new Uint8Array(SETS);
  }

  flush() {
    this.lines.fill(-1);
  }

  /** The processor reads at `offset` of the flash. */
  touch(offset) {
    const line = offset >>> 3;
    const set = line & (SETS - 1);
    const first = set << 1;
    if (this.lines[first] === line) {
      this.older[set] = 1;
      this.counters.hits++;
    } else if (this.lines[first + 1] === line) {
      this.older[set] = 0;
      this.counters.hits++;
    } else {
      const way = this.older[set];
      this.lines[first + way] = line;
      this.older[set] = way ^ 1;
      this.counters.misses++;
      this.stall(FLASH_CLOCKS_PER_MISS * this.divider() + OVERHEAD_CLOCKS);
    }
  }

  /** Lets the processor of `rp2040` read through this cache. RAM is served here too: it is quicker. */
  attach(rp2040) {
    const { core, flash, flashView, sram, sramView } = rp2040;
    const reads = { 1: core.readUint8.bind(core), 2: core.readUint16.bind(core), 4: core.readUint32.bind(core) };
    core.readUint8 = (address) => {
      const bank = address >>> 24, offset = address & 0xffffff;
      if (bank === 0x10) { this.touch(offset); return flash[offset]; }
      if (bank === 0x20 && offset < sram.length) return sram[offset];
      return reads[1](address >>> 0);
    };
    core.readUint16 = (address) => {
      const bank = address >>> 24, offset = address & 0xffffff;
      if (bank === 0x10) { this.touch(offset); return flashView.getUint16(offset, true); }
      if (bank === 0x20 && offset < sram.length) return sramView.getUint16(offset, true);
      return reads[2](address >>> 0);
    };
    core.readUint32 = (address) => {
      const bank = address >>> 24, offset = address & 0xffffff;
      if (bank === 0x10) { this.touch(offset); return flashView.getUint32(offset, true); }
      if (bank === 0x20 && offset < sram.length) return sramView.getUint32(offset, true);
      return reads[4](address >>> 0);
    };
  }
}

const CTRL = 0x00, FLUSH = 0x04, STAT = 0x08;
const FIFO_EMPTY = 2, FLUSH_READY = 1;

/** XIP_CTRL (2.6.3.6): what the program says to the cache. */
export class XipControl extends BasePeripheral {
  constructor(rp2040, cache) {
    super(rp2040, 'XIP_CTRL');
    this.cache = cache;
    this.control = 3;
  }

  readUint32(offset) {
    if (offset === CTRL) return this.control;
    return offset === STAT ? FIFO_EMPTY | FLUSH_READY : 0;
  }

  writeUint32(offset, value) {
    if (offset === CTRL) this.control = value;
    if (offset === FLUSH) this.cache.flush();
  }
}
