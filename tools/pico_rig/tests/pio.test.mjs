import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chip, CLOCK_NS } from './subject.mjs';

const PIO0 = 0x50200000;
const CTRL = PIO0, FSTAT = PIO0 + 4, TXF0 = PIO0 + 0x10, INSTR0 = PIO0 + 0x48, IRQ = PIO0 + 0x30;
const CLKDIV = PIO0 + 0xc8, EXECCTRL = PIO0 + 0xcc, SHIFTCTRL = PIO0 + 0xd0, ADDR = PIO0 + 0xd4, SMINSTR = PIO0 + 0xd8, PINCTRL = PIO0 + 0xdc;
const PIN = 8, IN = 9;
const SET_PINS = 0xe000, DELAY = (n) => n << 8, PULL_BLOCK = 0x80a0, OUT_PINS_1 = 0x6001, WAIT_HIGH = (pin) => 0x2080 | pin;

// Machine 0 on PIN with a clock divider; `program` runs from 0 to its end and again.
function machine(program, divider = 1) {
  const subject = chip();
  subject.edges = [];
  const { gpio } = subject.rp2040;
  gpio[PIN].addListener(() => subject.edges.push([subject.ns, gpio[PIN].outputValue ? 1 : 0]));
  subject.write(0x40014004 + 8 * PIN, 6);
  subject.write(0x40014004 + 8 * IN, 6);
  subject.write(0x4001c004 + 4 * IN, 0x44);
  program.forEach((code, i) => subject.write(INSTR0 + 4 * i, code));
  subject.write(CLKDIV, divider << 16);
  subject.write(EXECCTRL, (program.length - 1) << 12);
  subject.write(PINCTRL, (1 << 26) | (1 << 20) | (PIN << 5) | PIN);
  subject.write(SMINSTR, 0xe081); // set pindirs, 1
  subject.edges.length = 0;
  return subject;
}

const gaps = (edges) => edges.slice(1).map(([ns], i) => Math.round(ns - edges[i][0]));
const square = [SET_PINS | 1 | DELAY(31), SET_PINS | DELAY(31)];

test('a square wave has the period of its instructions', () => {
  const subject = machine(square);
  subject.write(CTRL, 1);
  subject.pass(5000 * CLOCK_NS);
  assert.ok(subject.edges.length > 100);
  assert.deepEqual(new Set(gaps(subject.edges)), new Set([32 * CLOCK_NS]));
});

test('the clock divider makes it slower', () => {
  const subject = machine(square, 125);
  subject.write(CTRL, 1);
  subject.pass(1e6);
  assert.deepEqual(new Set(gaps(subject.edges)), new Set([32000]));
});

test('a fraction of the divider counts in 256ths', () => {
  const subject = machine(square);
  subject.write(CLKDIV, (2 << 16) | (128 << 8)); // 2.5
  subject.write(CTRL, 1);
  subject.pass(1e5);
  assert.deepEqual(new Set(gaps(subject.edges)), new Set([32 * 2.5 * CLOCK_NS]));
});

test('a machine that is not enabled does nothing, one that is disabled stops', () => {
  const subject = machine(square);
  subject.write(CTRL, 2); // machine 1
  subject.pass(1e5);
  assert.equal(subject.edges.length, 0);
  subject.write(CTRL, 1);
  subject.pass(1e5);
  const before = subject.edges.length;
  assert.ok(before > 0);
  subject.write(CTRL, 0);
  subject.pass(1e5);
  assert.equal(subject.edges.length, before);
});

test('it sleeps until there is something in its FIFO and goes on at a tick of its divider', () => {
  const subject = machine([PULL_BLOCK, OUT_PINS_1], 125); // 1 us a tick
  subject.write(SHIFTCTRL, 1 << 19);
  subject.write(CTRL, 1);
  subject.pass(10300);
  subject.write(TXF0, 1);
  subject.pass(10e3);
  assert.deepEqual(subject.edges.map(([ns, level]) => [Math.round(ns), level]), [[12000, 1]]);
  assert.equal(subject.read(ADDR), 0);
});

test('joined FIFOs hold eight', () => {
  const subject = machine([PULL_BLOCK, OUT_PINS_1]);
  subject.write(SHIFTCTRL, (1 << 30) | (1 << 19)); // FJOIN_TX
  for (let i = 0; i < 7; i++) subject.write(TXF0, i);
  assert.equal(subject.read(FSTAT) & (1 << 16), 0);
  subject.write(TXF0, 7);
  assert.equal(subject.read(FSTAT) & (1 << 16), 1 << 16);
});

test('it waits for a pin', () => {
  const subject = machine([WAIT_HIGH(IN), SET_PINS | 1]);
  subject.write(CTRL, 1);
  subject.pass(1e4);
  assert.equal(subject.edges.length, 0);
  const beganNs = subject.ns;
  subject.drive(IN, 1);
  subject.pass(1e4);
  assert.equal(subject.edges[0][1], 1);
  // Two flip-flops, the tick that ends the waiting, the next instruction.
  assert.ok(subject.edges[0][0] - beganNs <= 5 * CLOCK_NS);
});

test('what it does is done in virtual time alone', async () => {
  const subject = machine(square);
  subject.write(CTRL, 1);
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  assert.equal(subject.edges.length, 0);
  subject.write(CTRL, 0);
  assert.equal(subject.read(IRQ), 0);
});
