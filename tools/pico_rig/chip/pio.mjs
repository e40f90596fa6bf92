// The programmable state machines in virtual time: RP2040 data sheet 3. rp2040js knows their
// instructions, but steps all four of a block from setTimeout, whether they are enabled or not, without
// clock dividers and without joined FIFOs: what a program does there depends on the host's clock.
//
// Here a machine executes an instruction at the tick of its divider (3.5.5) when it is due, and sleeps
// while it waits. Not modelled: OUT_STICKY, the two clocks of the input synchronisers for IN and JMP PIN,
// the jitter of one clock that a fractional divider has (its ticks are evenly spread here).

import { FIFO } from 'rp2040js';

const CTRL = 0x000;
const SM_CLKDIV = 0x00, SM_SHIFTCTRL = 0x08, SM_INSTR = 0x10; // within a machine's registers
const RESTART_SHIFT = 4, CLKDIV_RESTART_SHIFT = 8;
const FJOIN_TX = 1, FJOIN_RX = 2; // of SHIFTCTRL >> 30
// A pin passes two flip-flops on its way in (3.5.6.3).
const SYNCHRONISER_CLOCKS = 2;
const WAIT_PIN = 1; // WaitType.Pin of the package

/** Puts both blocks of `rp2040` under virtual time. */
export function attachPio(rp2040) {
  for (const block of rp2040.pio) attachBlock(rp2040, block);
}

function attachBlock(rp2040, block) {
  block.run = () => {}; // the setTimeout
  const runners = block.machines.map((machine) => new Runner(rp2040, block, machine));
  const write = block.writeUint32.bind(block);
  block.writeUint32 = (offset, value) => {
    write(offset, value);
    if (offset === CTRL) runners.forEach((runner, i) => runner.control(value >>> i));
    block.checkChangedPins();
  };
}

class Runner {
  constructor(rp2040, block, machine) {
    this.rp2040 = rp2040;
    this.block = block;
    this.machine = machine;
    this.running = false;
    this.asleep = false;
    this.beginNs = 0; // of the divider's count
    this.alarm = rp2040.clock.createAlarm(() => this.#execute());
    machine.clkDivRestart = () => {};
    this.#watchWaiting();
    this.#watchRegisters();
  }

  /** CTRL was written; `bits` are this machine's, at 0, 4 and 8. */
  control(bits) {
    if ((bits >> CLKDIV_RESTART_SHIFT) & 1) this.beginNs = this.rp2040.clock.nanos;
    const enabled = (bits & 1) !== 0;
    const restarted = ((bits >> RESTART_SHIFT) & 1) !== 0;
    if (enabled === this.running && !(enabled && restarted)) return;
    this.running = enabled;
    this.asleep = false;
    this.alarm.cancel();
    if (!enabled) return;
    if (this.machine.waiting) this.asleep = true;
    else this.#due(this.#tick(1));
  }

  get #periodNs() {
    const { clockDivInt, clockDivFrac } = this.machine;
    // A whole part of 0 means 65536 (3.5.5).
    return (((clockDivInt || 65536) + clockDivFrac / 256) * 1e9) / this.rp2040.clkSys;
  }

  // The time of the divider's n-th tick from now on.
  #tick(n, fromNs = this.rp2040.clock.nanos) {
    const period = this.#periodNs;
    // A thousandth of a period: sums of periods are rounded.
    const passed = Math.floor((fromNs - this.beginNs) / period + 1e-3);
    return this.beginNs + (passed + n) * period;
  }

  #due(atNs) {
    this.alarm.schedule(Math.max(0, atNs - this.rp2040.clock.nanos));
  }

  #execute() {
    const { machine, block } = this;
    const before = machine.cycles;
    machine.updatePC = true;
    machine.executeInstruction(block.instructions[machine.pc]);
    if (machine.updatePC) machine.nextPC();
    block.checkChangedPins();
    if (machine.waiting) this.asleep = true;
    else if (this.running) this.#due(this.#tick(Math.max(1, machine.cycles - before)));
  }

  // The package calls checkWait whenever something has happened that a machine may wait for.
  #watchWaiting() {
    const { machine, block, rp2040 } = this;
    const check = machine.checkWait.bind(machine);
    machine.checkWait = () => {
      const waited = machine.waiting;
      const delay = Math.max(0, machine.waitDelay);
      const onPin = machine.waitType === WAIT_PIN;
      check();
      if (!waited || machine.waiting || !this.asleep) return;
      this.asleep = false;
      block.checkChangedPins();
      // The waiting instruction ends at the next tick, then its delay, then the next one.
      const seenNs = rp2040.clock.nanos + (onPin ? (SYNCHRONISER_CLOCKS * 1e9) / rp2040.clkSys : 0);
      this.#due(this.#tick(2 + delay, seenNs));
    };
  }

  #watchRegisters() {
    const { machine, block } = this;
    const write = machine.writeUint32.bind(machine);
    machine.writeUint32 = (offset, value) => {
      const joinedBefore = machine.shiftCtrl >>> 30;
      write(offset, value);
      if (offset === SM_SHIFTCTRL && machine.shiftCtrl >>> 30 !== joinedBefore) this.#join(machine.shiftCtrl >>> 30);
      if (offset === SM_CLKDIV) this.beginNs = this.rp2040.clock.nanos;
      if (offset === SM_INSTR) block.checkChangedPins();
    };
  }

  // Changing FJOIN empties both (3.7: SM0_SHIFTCTRL).
  #join(joined) {
    this.machine.txFIFO = new FIFO(joined & FJOIN_TX ? 8 : joined & FJOIN_RX ? 0 : 4);
    this.machine.rxFIFO = new FIFO(joined & FJOIN_RX ? 8 : joined & FJOIN_TX ? 0 : 4);
  }
}
