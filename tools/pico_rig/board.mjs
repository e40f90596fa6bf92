// A Raspberry Pi Pico from one start to the next: rp2040js's RP2040 with the parts of chip/ in it, a
// firmware and a file system in its flash, and the loop that lets virtual time pass.
//
// Virtual time: every instruction takes its clocks, everything else is an alarm of one clock. The host's
// clock is never asked. `nowNs` goes on over starts; the chip's own clock begins anew, as its timer does.

import { ConsoleLogger, LogLevel, RP2040 } from 'rp2040js';
import { BootRom } from './chip/boot_rom.mjs';
import { attachExceptionCosts } from './chip/exceptions.mjs';
import { Flash, SIZE as FLASH_SIZE } from './chip/flash.mjs';
import { attachPins } from './chip/pins.mjs';
import { attachPio } from './chip/pio.mjs';
import { Rosc } from './chip/rosc.mjs';
import { IoQspi, Ssi } from './chip/ssi.mjs';
import { Uart } from './chip/uart.mjs';
import { attachUsbConsole } from './chip/usb_console.mjs';
import { XipCache, XipControl } from './chip/xip_cache.mjs';

export const FLASH_START = 0x10000000;
// Where MicroPython's RPI_PICO keeps its file system: the last 1,408 KB.
export const FILES_BYTES = 1408 * 1024;
export const FILES_START = FLASH_SIZE - FILES_BYTES;

const IRQ_UART0 = 20, IRQ_UART1 = 21;
// A character typed at the console, at 115200 bit/s.
const TYPING_NS = 87e3;

export class Board {
  /**
   * `flash`: the chip's contents; changed. Options: `seed` for the random bit, `times` of the flash,
   * `cache` false: flash as fast as RAM, `startNs` and `start` (1, 2, ...), `kept`: what survives
   * a reset by the watchdog, from `board.kept`; without it the power has been off.
   */
  constructor(flash, { seed = 1, times, cache = true, startNs = 0, start = 1, kept = null } = {}) {
    this.startNs = startNs;
    this.start = start;
    this.cause = kept ? 'watchdog' : 'power';
    this.stopped = null;
    this.instructions = 0;
    this.consoleListeners = [];
    this.stalled = 0;
    const stall = (clocks) => { this.stalled += clocks; };
    const rp2040 = (this.rp2040 = new RP2040());
    rp2040.logger = new ConsoleLogger(LogLevel.Error, false);
    this.clock = rp2040.clock;
    this.#memory(flash, times, stall, cache);
    this.#peripherals(seed, stall);
    this.#watchdog(kept);
    rp2040.core.PC = FLASH_START; // the boot ROM's work is done: it has found the second stage
  }

  /** Virtual time since the first start, in ns. */
  get nowNs() {
    return this.startNs + this.clock.nanos;
  }

  /** Calls `run` at `atNs`, or as soon as possible if that has passed. Returns how to call it off. */
  at(atNs, run) {
    const alarm = this.clock.createAlarm(run);
    alarm.schedule(Math.max(0, atNs - this.nowNs));
    return () => alarm.cancel();
  }

  /** `listener(byte)` hears what the program prints. */
  onConsole(listener) {
    this.consoleListeners.push(listener);
  }

  /** Types `text` at the console, whichever the firmware has. */
  type(text) {
    const bytes = Buffer.from(text);
    if (this.usbConsole.ready) {
      this.usbConsole.send(bytes);
    } else {
      bytes.forEach((byte, i) => this.at(this.nowNs + (i + 1) * TYPING_NS, () => this.uart0.receive(byte)));
    }
  }

  /** Ends the run, after the instruction in progress. */
  stop(why) {
    this.stopped ??= why;
  }

  /** The power fails: returns what of the flash was torn, see Flash.interrupt. */
  cutPower(random) {
    this.stop('power cut');
    return this.flash.interrupt(random);
  }

  /** Lets virtual time pass up to `untilNs`. Returns why it ended: 'time' or what stop was told. */
  run(untilNs) {
    const { clock, rp2040 } = this, { core } = rp2040;
    const until = untilNs - this.startNs;
    while (this.stopped === null && clock.nanos < until) {
      if (core.waiting) {
        const next = clock.nextAlarm ? clock.nanosToNextAlarm : Infinity;
        clock.tick(Math.max(0, Math.min(next, until - clock.nanos)));
      } else {
        const clocks = core.executeInstruction() + this.stalled;
        this.stalled = 0;
        this.instructions++;
        clock.tick((clocks * 1e9) / rp2040.clkSys);
      }
    }
    return this.stopped ?? 'time';
  }

  get counters() {
    return {
      instructions: this.instructions,
      uart1: { ...this.uart1.counters },
      flash: { ...this.flash.counters },
      cache: this.cache ? { ...this.cache.counters } : null,
    };
  }

  #memory(flash, times, stall, cache) {
    const { rp2040, clock } = this;
    const ioQspi = new IoQspi(rp2040, null);
    this.flash = new Flash(rp2040.flash, clock, times);
    this.ssi = ioQspi.ssi = new Ssi(rp2040, this.flash);
    this.cache = new XipCache(stall, () => this.ssi.divider);
    const chip = { rp2040, flash: this.flash, ssi: this.ssi, ioQspi, cache: this.cache };
    this.rom = new BootRom(chip, stall, (why) => this.stop(why));
    rp2040.loadBootrom(this.rom.words); // empties the flash
    rp2040.flash.set(flash);
    rp2040.onBreak = (code) => this.#broken(code);
    const { peripherals } = rp2040;
    peripherals[0x14000] = new XipControl(rp2040, this.cache);
    peripherals[0x18000] = this.ssi;
    peripherals[0x40018] = ioQspi;
    if (cache) this.cache.attach(rp2040);
    else this.cache = null;
  }

  #peripherals(seed, stall) {
    const { rp2040 } = this, { peripherals } = rp2040;
    const heardByte = (byte) => this.consoleListeners.forEach((listener) => listener(byte));
    this.uart0 = rp2040.uart[0] = peripherals[0x40034] = new Uart(rp2040, 'UART0', IRQ_UART0);
    this.uart1 = rp2040.uart[1] = peripherals[0x40038] = new Uart(rp2040, 'UART1', IRQ_UART1);
    this.uart0.instant = true;
    this.uart0.onByte = heardByte;
    this.usbConsole = attachUsbConsole(rp2040, heardByte);
    peripherals[0x40060] = new Rosc(rp2040, seed);
    this.pins = attachPins(rp2040);
    attachPio(rp2040);
    attachExceptionCosts(rp2040.core, stall);
  }

  // Its registers for the program survive the reset that it makes (data sheet 4.7).
  #watchdog(kept) {
    const watchdog = (this.watchdog = this.rp2040.peripherals[0x40058]);
    if (kept) {
      watchdog.reason = kept.reason;
      watchdog.scratchData.set(kept.scratch);
    }
    watchdog.onWatchdogTrigger = () => {
      // The package's would be due again and again at this same moment.
      watchdog.timer.enable = false;
      watchdog.alarm.enable = false;
      this.stop('watchdog');
    };
  }

  /** What the next start finds in the watchdog's registers. */
  get kept() {
    return { reason: this.watchdog.reason, scratch: this.watchdog.scratchData.slice() };
  }

  #broken(code) {
    const { core } = this.rp2040;
    if (core.PC < 0x4000) this.rom.perform(code);
    else this.stop(`breakpoint ${code} at ${(core.PC - 2).toString(16)}, called from ${core.LR.toString(16)}`);
  }
}
