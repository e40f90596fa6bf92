// The way from the processor to the flash chip: the SSI in command mode (RP2040 data sheet 4.10) and
// the pin override that selects the chip (IO_QSPI, 2.19.6.2). Replaces rp2040js's RPSSI, which never
// answers with anything that a chip said.
//
// Reading the flash as memory (XIP) does not come through here: see xip_cache.mjs for its time.

import { BasePeripheral } from 'rp2040js';

const CTRLR0 = 0x00, SSIENR = 0x08, BAUDR = 0x14, TXFLR = 0x20, RXFLR = 0x24, SR = 0x28;
const IDR = 0x58, VERSION_ID = 0x5c, DR_FIRST = 0x60, DR_LAST = 0xec;
const FLAG = { BUSY: 1, TFNF: 2, TFE: 4, RFNE: 8, RFF: 16 };
const FIFO_DEPTH = 16;
const GPIO_QSPI_SS_CTRL = 0x0c;
const OVERRIDE = { NORMAL: 0, LOW: 2, HIGH: 3 };

export class Ssi extends BasePeripheral {
  constructor(rp2040, flash) {
    super(rp2040, 'SSI');
    this.flash = flash;
    this.clock = rp2040.clock;
    this.registers = new Map();
    this.enabled = false;
    this.select = OVERRIDE.NORMAL;
    this.#empty();
  }

  /** Divider from clk_sys to the flash's clock; 2 before anybody has set it. */
  get divider() {
    return this.registers.get(BAUDR) || 2;
  }

  /** The chip's select line is overridden, by writing GPIO_QSPI_SS_CTRL. */
  setSelect(override) {
    this.#advance();
    if (this.select === OVERRIDE.LOW && override !== OVERRIDE.LOW) this.flash.deselect();
    this.select = override;
  }

  /** As the boot ROM leaves it in flash_exit_xip. */
  toCommandMode(divider) {
    this.registers.set(BAUDR, divider);
    this.registers.set(CTRLR0, 7 << 16);
    this.#empty();
    this.enabled = true;
  }

  readUint32(offset) {
    this.#advance();
    if (offset >= DR_FIRST && offset <= DR_LAST) return this.incoming.shift() ?? 0;
    switch (offset) {
      case SSIENR: return this.enabled ? 1 : 0;
      case TXFLR: return this.outgoing.length;
      case RXFLR: return this.incoming.length;
      case SR: return this.#status;
      case IDR: return 0x51535049;
      case VERSION_ID: return 0x3430312a;
      default: return this.registers.get(offset) ?? 0;
    }
  }

  writeUint32(offset, value) {
    this.#advance();
    if (offset >= DR_FIRST && offset <= DR_LAST) {
      this.#send(value);
    } else if (offset === SSIENR) {
      this.#enable((value & 1) !== 0);
    } else {
      this.registers.set(offset, value);
    }
  }

  get #status() {
    return (this.clock.nanos < this.freeAtNs ? FLAG.BUSY : 0) |
      (this.outgoing.length < FIFO_DEPTH ? FLAG.TFNF : 0) |
      (this.outgoing.length ? 0 : FLAG.TFE) |
      (this.incoming.length ? FLAG.RFNE : 0) |
      (this.incoming.length >= FIFO_DEPTH ? FLAG.RFF : 0);
  }

  get #frameNs() {
    const bits = (((this.registers.get(CTRLR0) ?? 0) >> 16) & 0x1f) + 1;
    return (bits * this.divider * 1e9) / this.rp2040.clkSys;
  }

  #empty() {
    this.outgoing = [];
    this.incoming = [];
    this.freeAtNs = 0;
  }

  #enable(on) {
    this.enabled = on;
    if (on) return;
    this.#empty();
    if (this.select === OVERRIDE.NORMAL) this.flash.deselect();
  }

  #send(value) {
    const transferMode = ((this.registers.get(CTRLR0) ?? 0) >> 8) & 3;
    if (!this.enabled || transferMode !== 0 || this.outgoing.length >= FIFO_DEPTH) return;
    this.freeAtNs = Math.max(this.clock.nanos, this.freeAtNs) + this.#frameNs;
    this.outgoing.push({ value: value & 0xff, endNs: this.freeAtNs });
  }

  // What has been clocked out by now has met the chip.
  #advance() {
    while (this.outgoing.length && this.outgoing[0].endNs <= this.clock.nanos) {
      const { value } = this.outgoing.shift();
      const answer = this.select === OVERRIDE.HIGH ? 0xff : this.flash.exchange(value);
      if (this.incoming.length < FIFO_DEPTH) this.incoming.push(answer);
      if (!this.outgoing.length && this.select === OVERRIDE.NORMAL) this.flash.deselect();
    }
  }
}

/** IO_QSPI: of its six pins only the chip's select matters. */
export class IoQspi extends BasePeripheral {
  constructor(rp2040, ssi) {
    super(rp2040, 'IO_QSPI');
    this.ssi = ssi;
    this.registers = new Map();
  }

  /** Undoes an override of the select line. */
  release() {
    this.writeUint32(GPIO_QSPI_SS_CTRL, this.readUint32(GPIO_QSPI_SS_CTRL) & ~0x300);
  }

  readUint32(offset) {
    const isControl = (offset & 4) !== 0;
    return this.registers.get(offset) ?? (offset >= 0x30 ? 0 : isControl ? 0x1f : 0);
  }

  writeUint32(offset, value) {
    this.registers.set(offset, value);
    if (offset === GPIO_QSPI_SS_CTRL) this.ssi.setSelect((value >> 8) & 3);
  }
}
