import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chip } from './subject.mjs';

const PIN = 6;
const PAD = 0x4001c004 + 4 * PIN, CTRL = 0x40014004 + 8 * PIN, INTR = 0x400140f0, INTE = 0x40014100;
const OUT_SET = 0xd0000014, OUT_CLR = 0xd0000018, OE_SET = 0xd0000024, OE_CLR = 0xd0000028;
const IE = 0x40, PUE = 0x08, PDE = 0x04, OD = 0x80;
const EDGES = 0xc << (4 * PIN);

function pin() {
  const subject = chip();
  subject.write(CTRL, 5); // SIO
  return subject;
}

test('after reset the input is on and pulled down', () => {
  const subject = chip();
  assert.equal(subject.read(PAD), 0x56);
  assert.equal(subject.level(PIN), 0);
});

test('a pull-up is read as 1 while nobody drives', () => {
  const subject = pin();
  subject.write(PAD, IE | PUE);
  assert.equal(subject.level(PIN), 1);
});

test('who drives is stronger than a pull', () => {
  const subject = pin();
  subject.write(PAD, IE | PUE);
  subject.drive(PIN, 0);
  assert.equal(subject.level(PIN), 0);
  subject.drive(PIN, null);
  assert.equal(subject.level(PIN), 1);
});

test('an output is read back', () => {
  const subject = pin();
  subject.write(PAD, IE);
  subject.write(OUT_SET, 1 << PIN);
  subject.write(OE_SET, 1 << PIN);
  assert.equal(subject.level(PIN), 1);
  subject.write(OUT_CLR, 1 << PIN);
  assert.equal(subject.level(PIN), 0);
});

test('a pad whose output is disabled does not drive', () => {
  const subject = pin();
  subject.write(PAD, IE | PDE | OD);
  subject.write(OUT_SET, 1 << PIN);
  subject.write(OE_SET, 1 << PIN);
  assert.equal(subject.level(PIN), 0);
});

test('both pulls keep what was there', () => {
  const subject = pin();
  subject.write(PAD, IE | PUE | PDE);
  subject.drive(PIN, 1);
  subject.drive(PIN, null);
  assert.equal(subject.level(PIN), 1);
});

test('a released output goes where the pull is, with an edge', () => {
  const subject = pin();
  subject.write(PAD, IE | PDE);
  subject.write(OUT_SET, 1 << PIN);
  subject.write(OE_SET, 1 << PIN);
  subject.write(INTR, EDGES);
  subject.write(OE_CLR, 1 << PIN);
  assert.equal((subject.read(INTR) >>> (4 * PIN)) & 0xc, 4); // fallen
});

test('no edge is told that did not happen', () => {
  const subject = pin();
  subject.write(PAD, IE | PDE);
  subject.write(INTR, EDGES);
  subject.write(INTE, EDGES);
  subject.drive(PIN, 0);
  subject.write(PAD, PDE);
  subject.write(PAD, IE | PDE);
  assert.equal(subject.read(INTR) & EDGES, 0);
  subject.drive(PIN, 1);
  assert.equal((subject.read(INTR) >>> (4 * PIN)) & 0xc, 8); // risen
});
