// The PL011 UART: RP2040 data sheet 4.2, ARM DDI 0183. Replaces rp2040js's RPUART.
//
// Modelled here and not there: bytes take their time on the wire at the rate of the divisors, FIFOs of
// 32 that fill and overrun, transmit FIFO full and BUSY, interrupts by level with their five triggers,
// the receive timeout of 32 bit times, framing errors and breaks, bits per character.
// Not modelled: modem lines, IrDA, DMA requests, parity errors on received bytes.

import { BasePeripheral } from 'rp2040js';

const UARTDR = 0x00, UARTRSR = 0x04, UARTFR = 0x18, UARTIBRD = 0x24, UARTFBRD = 0x28, UARTLCR_H = 0x2c;
const UARTCR = 0x30, UARTIFLS = 0x34, UARTIMSC = 0x38, UARTRIS = 0x3c, UARTMIS = 0x40, UARTICR = 0x44;
const UARTDMACR = 0x48, UARTPERIPHID0 = 0xfe0, UARTPCELLID3 = 0xffc;
const IDENTIFICATION = [0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

const FR = { BUSY: 1 << 3, RXFE: 1 << 4, TXFF: 1 << 5, RXFF: 1 << 6, TXFE: 1 << 7 };
const LCR = { BRK: 1 << 0, PEN: 1 << 1, STP2: 1 << 3, FEN: 1 << 4 };
const CR = { UARTEN: 1 << 0, TXE: 1 << 8, RXE: 1 << 9 };
export const INT = { RX: 1 << 4, TX: 1 << 5, RT: 1 << 6, FE: 1 << 7, PE: 1 << 8, BE: 1 << 9, OE: 1 << 10 };
const ALL_INTERRUPTS = 0x7ff;
// What comes along with a byte in UARTDR.
const DR = { FE: 1 << 8, PE: 1 << 9, BE: 1 << 10, OE: 1 << 11 };

const FIFO_DEPTH = 32;
// UARTIFLS: 1/8, 1/4, 1/2, 3/4, 7/8 of a FIFO; the codes above are reserved.
const TRIGGER_LEVELS = [4, 8, 16, 24, 28, 28, 28, 28];
const RECEIVE_TIMEOUT_BITS = 32;

export class Uart extends BasePeripheral {
  /** `irq`: its number at the NVIC. `onByte(value, beginNs, endNs)`: a byte has left, stop bit and all. */
  constructor(rp2040, name, irq) {
    super(rp2040, name);
    this.irq = irq;
    this.clock = rp2040.clock;
    this.onByte = () => {};
    /** Console lines cost the program's time only: with this set a byte leaves when it is written. */
    this.instant = false;
    this.counters = { received: 0, sent: 0, overrun: 0, framing: 0, fullest: 0, refused: 0 };
    this.control = CR.TXE | CR.RXE;
    this.lineControl = 0;
    this.divisor = { integer: 0, fraction: 0 };
    // A new divisor counts from the next write of UARTLCR_H on (4.2.3.3).
    this.rateDivisor = 0;
    this.levels = 0x12;
    this.mask = 0;
    this.raw = 0;
    this.dma = 0;
    this.received = [];
    this.toSend = [];
    this.shifting = null;
    this.lostOne = false;
    this.sendAlarm = this.clock.createAlarm(() => this.#sent());
    this.timeoutAlarm = this.clock.createAlarm(() => this.#receiveTimeout());
  }

  /** Bits per second, 0 while no divisor is set. */
  get bitrate() {
    return this.rateDivisor ? this.rp2040.clkPeri / (16 * this.rateDivisor) : 0;
  }

  /** Start, data, parity and stop bits of a character. */
  get characterBits() {
    const data = 5 + ((this.lineControl >> 5) & 3);
    return 1 + data + (this.lineControl & LCR.PEN ? 1 : 0) + (this.lineControl & LCR.STP2 ? 2 : 1);
  }

  /** A character's stop bit has been sampled. A break is a character of zeros without a stop bit. */
  receive(value, { framing = false } = {}) {
    if (!this.#enabled(CR.RXE)) return;
    this.counters.received++;
    if (this.received.length >= this.#depth) {
      this.#overrun();
    } else {
      this.received.push((value & 0xff) | this.#errorsOf(value, framing));
      this.counters.fullest = Math.max(this.counters.fullest, this.received.length);
    }
    if (this.received.length >= this.#receiveTrigger) this.raw |= INT.RX;
    this.#restartTimeout();
    this.#update();
  }

  // Called by the package when clk_peri changes: rates are computed when they are needed.
  clkPeriChanged() {}

  readUint32(offset) {
    if (offset >= UARTPERIPHID0 && offset <= UARTPCELLID3) return IDENTIFICATION[(offset - UARTPERIPHID0) >> 2];
    switch (offset) {
      case UARTDR: return this.#take();
      case UARTRSR: return 0;
      case UARTFR: return this.#flags;
      case UARTIBRD: return this.divisor.integer;
      case UARTFBRD: return this.divisor.fraction;
      case UARTLCR_H: return this.lineControl;
      case UARTCR: return this.control;
      case UARTIFLS: return this.levels;
      case UARTIMSC: return this.mask;
      case UARTRIS: return this.raw;
      case UARTMIS: return this.raw & this.mask;
      case UARTDMACR: return this.dma;
      default: return 0;
    }
  }

  writeUint32(offset, value) {
    switch (offset) {
      case UARTDR: this.#put(value & 0xff); break;
      case UARTIBRD: this.divisor.integer = value & 0xffff; break;
      case UARTFBRD: this.divisor.fraction = value & 0x3f; break;
      case UARTLCR_H: this.#setLineControl(value & 0xff); break;
      case UARTCR: this.control = value & 0xffff; break;
      case UARTIFLS: this.levels = value & 0x3f; break;
      case UARTIMSC: this.mask = value & ALL_INTERRUPTS; break;
      case UARTICR: this.#clear(this.rawWriteValue); break;
      case UARTDMACR: this.dma = value & 7; break;
    }
    this.#update();
  }

  #enabled(direction) {
    return (this.control & CR.UARTEN) !== 0 && (this.control & direction) !== 0;
  }

  get #depth() {
    return this.lineControl & LCR.FEN ? FIFO_DEPTH : 1;
  }

  get #receiveTrigger() {
    return this.lineControl & LCR.FEN ? TRIGGER_LEVELS[(this.levels >> 3) & 7] : 1;
  }

  get #sendTrigger() {
    return this.lineControl & LCR.FEN ? TRIGGER_LEVELS[this.levels & 7] : 0;
  }

  get #flags() {
    return (this.shifting || this.toSend.length ? FR.BUSY : 0) |
      (this.received.length ? 0 : FR.RXFE) |
      (this.toSend.length >= this.#depth ? FR.TXFF : 0) |
      (this.received.length >= this.#depth ? FR.RXFF : 0) |
      (this.toSend.length ? 0 : FR.TXFE);
  }

  #bitNs() {
    return 1e9 / (this.bitrate || 115200);
  }

  #setLineControl(value) {
    if ((this.lineControl ^ value) & LCR.FEN) {
      this.received.length = 0;
      this.toSend.length = 0;
    }
    this.lineControl = value;
    this.rateDivisor = this.divisor.integer + this.divisor.fraction / 64;
  }

  // Sending

  #put(value) {
    if (!this.#enabled(CR.TXE) || this.toSend.length >= this.#depth) {
      this.counters.refused++;
    } else if (this.instant) {
      this.counters.sent++;
      this.onByte(value, this.clock.nanos, this.clock.nanos);
    } else {
      this.toSend.push(value);
      if (!this.shifting) this.#shift();
      if (this.toSend.length > this.#sendTrigger) this.raw &= ~INT.TX;
    }
  }

  #shift() {
    this.shifting = { value: this.toSend.shift(), beginNs: this.clock.nanos };
    this.sendAlarm.schedule(this.characterBits * this.#bitNs());
    // The interrupt comes when the level is passed on the way down (4.2.6.3).
    if (this.toSend.length === this.#sendTrigger) this.raw |= INT.TX;
  }

  #sent() {
    const { value, beginNs } = this.shifting;
    this.shifting = null;
    this.counters.sent++;
    if (this.toSend.length) this.#shift();
    this.#update();
    this.onByte(value, beginNs, this.clock.nanos);
  }

  // Receiving

  #overrun() {
    this.counters.overrun++;
    this.raw |= INT.OE;
    this.lostOne = true;
  }

  #errorsOf(value, framing) {
    let errors = this.lostOne ? DR.OE : 0;
    this.lostOne = false;
    if (framing) {
      this.counters.framing++;
      this.raw |= value ? INT.FE : INT.FE | INT.BE;
      errors |= value ? DR.FE : DR.FE | DR.BE;
    }
    return errors;
  }

  #take() {
    const value = this.received.shift() ?? 0;
    if (this.received.length < this.#receiveTrigger) this.raw &= ~INT.RX;
    if (!this.received.length) {
      this.raw &= ~INT.RT;
      this.timeoutAlarm.cancel();
    }
    this.#update();
    return value;
  }

  #clear(interrupts) {
    // Bytes that were left in the FIFO let it come again.
    if (this.raw & interrupts & INT.RT && this.received.length) this.#restartTimeout();
    this.raw &= ~interrupts;
  }

  #restartTimeout() {
    this.timeoutAlarm.schedule(RECEIVE_TIMEOUT_BITS * this.#bitNs());
  }

  #receiveTimeout() {
    if (!this.received.length) return;
    this.raw |= INT.RT;
    this.#update();
  }

  #update() {
    this.rp2040.setInterrupt(this.irq, (this.raw & this.mask) !== 0);
  }
}
