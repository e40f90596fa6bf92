// The pads of GPIO 0-29 and what hangs on them: RP2040 data sheet 2.19.4. In rp2040js a pin that
// nobody drives reads 0 whatever its pulls say, an output does not read back, and edges are flagged
// that did not happen.
//
// Who decides about the level, the first that has an opinion: the chip's output, whoever drives from
// outside, the pad's pulls (both: it keeps what it had), what was there before.

import { GPIOPinState } from 'rp2040js';

// After reset: input enabled, 4 mA, pull-down, Schmitt trigger (PADS_BANK0: GPIO0). The package begins
// with the input disabled.
const PAD_AFTER_RESET = 0x56;
const OUTPUT_DISABLE = 0x80;

export class Pin {
  constructor(gpio, clock) {
    this.gpio = gpio;
    this.clock = clock;
    this.outside = null;
    this.listeners = [];
    this.level = 0;
    gpio.padValue = PAD_AFTER_RESET;
    gpio.addListener(() => this.#settle());
  }

  get number() {
    return this.gpio.index;
  }

  /** True while the chip drives the pin. */
  get isOutput() {
    const state = this.gpio.value;
    const driven = state === GPIOPinState.High || state === GPIOPinState.Low;
    return driven && !(this.gpio.padValue & OUTPUT_DISABLE);
  }

  /** From outside: 0, 1, or null to let go. */
  drive(level) {
    this.outside = level;
    this.#settle();
  }

  /** `listener(level, atNs)` is called at every edge. */
  onEdge(listener) {
    this.listeners.push(listener);
  }

  #settle() {
    const level = this.#resolved();
    if (level === this.level) return;
    this.level = level;
    this.gpio.setInputValue(level === 1);
    for (const listener of this.listeners) listener(level, this.clock.nanos);
  }

  #resolved() {
    if (this.isOutput) return this.gpio.value === GPIOPinState.High ? 1 : 0;
    if (this.outside !== null) return this.outside;
    const up = this.gpio.pullupEnabled, down = this.gpio.pulldownEnabled;
    return up === down ? this.level : up ? 1 : 0;
  }
}

/** All pins of `rp2040`, settled. */
export function attachPins(rp2040) {
  const pins = rp2040.gpio.map((gpio) => new Pin(gpio, rp2040.clock));
  for (const gpio of rp2040.gpio) withoutPhantomEdges(gpio);
  return pins;
}

const EDGES = 0xc; // of a pin's four interrupt flags
const LEVEL_LOW = 1, LEVEL_HIGH = 2;

// setInputValue flags an edge whenever it is called, also for the level that was there already, and
// the package calls it when the pad's input is switched on.
function withoutPhantomEdges(gpio) {
  let before = gpio.inputEnable && gpio.rawInputValue;
  gpio.irqStatus = before ? LEVEL_HIGH : LEVEL_LOW;
  const setInputValue = gpio.setInputValue.bind(gpio);
  gpio.setInputValue = (value) => {
    const flagged = gpio.irqStatus & EDGES;
    const enabled = gpio.irqEnableMask;
    const seen = value && gpio.inputEnable;
    if (seen === before) gpio.irqEnableMask = 0;
    setInputValue(value);
    gpio.irqEnableMask = enabled;
    if (seen === before) gpio.irqStatus = (gpio.irqStatus & ~EDGES) | flagged;
    before = seen;
  };
}
