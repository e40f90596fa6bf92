// A Pico over several starts: after a reset by the watchdog or a power cut it starts again from what is
// in its flash, and virtual time goes on.

import { Board, FILES_START, FLASH_START } from './board.mjs';
import { SIZE as FLASH_SIZE } from './chip/flash.mjs';
import { seeded } from './random.mjs';

const UF2_BLOCK = 512, UF2_MAGIC = 0x0a324655, UF2_PAYLOAD = 32;

/** A flash with the firmware of a UF2 file and, if given, the image of a file system. */
export function flashOf(uf2, files = null) {
  const flash = new Uint8Array(FLASH_SIZE).fill(0xff);
  const view = new DataView(uf2.buffer, uf2.byteOffset, uf2.byteLength);
  for (let block = 0; block + UF2_BLOCK <= uf2.length; block += UF2_BLOCK) {
    if (view.getUint32(block, true) !== UF2_MAGIC) throw new Error('the firmware is no UF2 file');
    const begin = block + UF2_PAYLOAD;
    const bytes = uf2.subarray(begin, begin + view.getUint32(block + 16, true));
    flash.set(bytes, view.getUint32(block + 12, true) - FLASH_START);
  }
  if (files) flash.set(files, FILES_START);
  return flash;
}

export class Pico {
  /** `flash` from flashOf; at most `starts` starts. Other options: see Board. */
  constructor(flash, { seed = 1, starts = 1000, ...options } = {}) {
    this.contents = flash;
    this.onStart = () => {};
    this.options = { ...options, seed };
    this.random = seeded(seed);
    this.mostStarts = starts;
    this.history = []; // of starts: {start, cause, atNs, counters}, and how each ended: {why, endNs, torn}
    this.instructions = 0;
  }

  /** Starts the board; `onStart(board)` is called now and at each later start. */
  startWith(onStart) {
    this.onStart = onStart;
    this.#begin(null, 0);
  }

  #begin(kept, startNs) {
    const start = this.history.length + 1;
    const seed = this.options.seed + start - 1;
    this.board = new Board(this.contents, { ...this.options, seed, startNs, start, kept });
    this.history.push({ start, cause: this.board.cause, atNs: startNs });
    this.onStart(this.board);
  }

  /** The power fails now, and comes back `darkNs` later. */
  cutPower(darkNs = 0) {
    this.darkNs = darkNs;
    this.history.at(-1).torn = this.board.cutPower(this.random);
  }

  /** Runs up to `untilNs`, over as many starts as it takes. Returns why it ended. */
  run(untilNs) {
    for (;;) {
      const { board } = this;
      const before = board.instructions;
      const why = board.run(untilNs);
      this.instructions += board.instructions - before;
      this.history.at(-1).counters = board.counters;
      if (why !== 'watchdog' && why !== 'power cut') return why;
      Object.assign(this.history.at(-1), { why, endNs: board.nowNs });
      if (this.history.length >= this.mostStarts) return `${why}, for the ${this.mostStarts}th time`;
      this.contents = this.files(0);
      if (why === 'watchdog') this.#begin(board.kept, board.nowNs);
      else this.#begin(null, board.nowNs + this.darkNs);
    }
  }

  /** The flash as it is, from `start` on. */
  files(start = FILES_START) {
    return this.board.rp2040.flash.slice(start, FLASH_SIZE);
  }
}
