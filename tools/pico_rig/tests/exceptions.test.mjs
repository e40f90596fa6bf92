import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chip, CLOCK_NS, RAM } from './subject.mjs';

const NOP = 0x46c0, BX_LR = 0x4770;
const HANDLER = RAM + 0x200, MAIN = RAM + 0x400;
const IRQ = 5;

// In RAM, so that the cache has no part in it.
function interrupted() {
  const subject = chip();
  const { core } = subject.rp2040;
  core.VTOR = RAM;
  subject.write(RAM + 4 * (16 + IRQ), HANDLER | 1);
  subject.program(HANDLER, [NOP, BX_LR]);
  subject.program(MAIN, new Array(8).fill(NOP));
  core.enabledInterrupts = 1 << IRQ;
  core.setInterrupt(IRQ, true);
  return subject;
}

test('15 clocks pass until the first instruction of the handler', () => {
  const subject = interrupted();
  assert.equal(subject.step(1), (15 + 1) * CLOCK_NS);
});

test('the way back takes its time too', () => {
  const subject = interrupted();
  subject.step(1);
  subject.rp2040.core.setInterrupt(IRQ, false);
  assert.ok(subject.step(1) > 10 * CLOCK_NS);
  assert.equal(subject.rp2040.core.PC, MAIN);
});
