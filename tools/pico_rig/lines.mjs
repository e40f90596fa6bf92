// The outer ends of serial lines: one that talks to a UART of the chip, one that listens to a pin.

import { BITS_PER_BYTE, heard } from './waveform.mjs';

/** What sends to the RX of `uart`. */
export class Sender {
  constructor(board, uart) {
    this.board = board;
    this.uart = uart;
    this.freeNs = 0;
  }

  /** Sends `bytes` without pauses at `bitrate`, from `atNs` on or after what it sends already. */
  send(bytes, bitrate, atNs = this.board.nowNs) {
    const beginNs = Math.max(atNs, this.freeNs);
    this.freeNs = beginNs + (bytes.length * BITS_PER_BYTE * 1e9) / bitrate;
    // What is heard depends on the rate that the chip listens at by then.
    this.board.at(beginNs, () => this.#begin(bytes, bitrate, beginNs));
    return this.freeNs;
  }

  #begin(bytes, bitrate, beginNs) {
    for (const { value, framing, atNs } of heard(bytes, bitrate, this.uart.bitrate || bitrate)) {
      this.board.at(beginNs + atNs, () => this.uart.receive(value, { framing }));
    }
  }
}

/** Hears what comes out of a pin, whoever in the chip drives it: 8N1 at `bitrate`. */
export class PinListener {
  /** `onByte(value, beginNs, endNs, framing)` is called at the end of the stop bit. */
  constructor(board, pin, bitrate, onByte) {
    this.board = board;
    this.pin = pin;
    this.bitrate = bitrate;
    this.onByte = onByte;
    this.busy = false;
    pin.onEdge((level) => {
      if (level === 0 && !this.busy) this.#begin();
    });
  }

  #begin() {
    const { board } = this;
    const beginNs = board.nowNs;
    const bitNs = 1e9 / this.bitrate;
    let value = 0;
    this.busy = true;
    for (let bit = 0; bit < 8; bit++) {
      board.at(beginNs + (1.5 + bit) * bitNs, () => { value |= this.pin.level << bit; });
    }
    board.at(beginNs + 9.5 * bitNs, () => {
      const framing = this.pin.level === 0;
      const endNs = beginNs + BITS_PER_BYTE * bitNs;
      this.busy = false;
      board.at(endNs, () => this.onByte(value, beginNs, endNs, framing));
    });
  }
}
