import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chip, CLOCK_NS } from './subject.mjs';

const XIP = 0x10001000;
const NOP = 0x46c0;
const MISS = (28 * 2 + 4) * CLOCK_NS;
const nops = (count) => new Array(count).fill(NOP);

test('a line of eight bytes is fetched once, for 28 clocks of the flash', () => {
  const subject = chip();
  subject.program(XIP, nops(8));
  assert.equal(subject.step(1), CLOCK_NS + MISS);
  assert.equal(subject.step(3), 3 * CLOCK_NS);
  assert.equal(subject.step(1), CLOCK_NS + MISS);
});

test('what was fetched is there the next time', () => {
  const subject = chip();
  subject.program(XIP, nops(16));
  assert.equal(subject.step(16), 16 * CLOCK_NS + 4 * MISS);
  subject.rp2040.core.PC = XIP;
  assert.equal(subject.step(16), 16 * CLOCK_NS);
});

test('two lines 8 KB apart share a set of two, a third drives the older one out', () => {
  const subject = chip();
  const fetch = (address) => {
    subject.program(address, [NOP]);
    return subject.step(1) > CLOCK_NS;
  };
  assert.deepEqual([fetch(XIP), fetch(XIP + 0x2000), fetch(XIP), fetch(XIP + 0x2000)], [true, true, false, false]);
  assert.deepEqual([fetch(XIP + 0x4000), fetch(XIP + 0x2000), fetch(XIP)], [true, false, true]);
});

test('a slower flash clock makes a miss cost more', () => {
  const subject = chip();
  subject.write(0x18000014, 4); // SSI.BAUDR
  subject.program(XIP, [NOP]);
  assert.equal(subject.step(1), CLOCK_NS * (1 + 28 * 4 + 4));
});

test('a flush empties it', () => {
  const subject = chip();
  subject.program(XIP, [NOP]);
  subject.step(1);
  subject.write(0x14000004, 1); // XIP_CTRL.FLUSH
  subject.rp2040.core.PC = XIP;
  assert.equal(subject.step(1), CLOCK_NS + MISS);
});
