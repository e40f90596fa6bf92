import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chip } from './subject.mjs';

const UART1 = 0x40038000;
const DR = UART1, FR = UART1 + 0x18, IBRD = UART1 + 0x24, FBRD = UART1 + 0x28, LCR_H = UART1 + 0x2c;
const CR = UART1 + 0x30, IFLS = UART1 + 0x34, IMSC = UART1 + 0x38, RIS = UART1 + 0x3c, ICR = UART1 + 0x44;
const BUSY = 1 << 3, TXFF = 1 << 5, RXI = 1 << 4, TXI = 1 << 5, RTI = 1 << 6, OEI = 1 << 10;
const IRQ = 1 << 21;
const BIT_38400_NS = (16 * (203 + 29 / 64) * 1e9) / 125e6;

// 38400 bit/s, 8N1, FIFOs on.
function uart(lineControl = 0x70) {
  const subject = chip();
  subject.write(IBRD, 203);
  subject.write(FBRD, 29);
  subject.write(LCR_H, lineControl);
  subject.write(CR, 0x301);
  return subject;
}

function near(actual, expected, tolerance) {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

test('a byte takes ten bit times', () => {
  const subject = uart();
  let leftNs = null;
  subject.onByte((_, ns) => { leftNs = ns; });
  subject.write(DR, 0x55);
  subject.pass(1e6);
  near(leftNs, 10 * BIT_38400_NS, 1);
});

test('a byte with parity and two stop bits takes twelve', () => {
  const subject = uart(0x7a);
  let leftNs = null;
  subject.onByte((_, ns) => { leftNs = ns; });
  subject.write(DR, 0x55);
  subject.pass(1e6);
  near(leftNs, 12 * BIT_38400_NS, 1);
});

test('32 bytes fit behind the one being sent, and then it is full', () => {
  const subject = uart();
  for (let i = 0; i < 32; i++) subject.write(DR, i);
  assert.equal(subject.read(FR) & TXFF, 0);
  subject.write(DR, 32);
  assert.equal(subject.read(FR) & TXFF, TXFF);
});

test('it is busy until the stop bit of the last byte has left', () => {
  const subject = uart();
  subject.write(DR, 1);
  subject.write(DR, 2);
  subject.pass(20 * BIT_38400_NS - 10);
  assert.equal(subject.read(FR) & BUSY, BUSY);
  subject.pass(20);
  assert.equal(subject.read(FR) & BUSY, 0);
});

test('the transmit interrupt comes when the level is passed on the way down', () => {
  const subject = uart();
  subject.write(IFLS, 0x00); // at 4
  subject.write(IMSC, TXI);
  assert.equal(subject.read(RIS) & TXI, 0);
  for (let i = 0; i < 6; i++) subject.write(DR, i);
  assert.equal(subject.read(RIS) & TXI, 0);
  subject.pass(10 * BIT_38400_NS + 1); // 4 are left
  assert.equal(subject.read(RIS) & TXI, TXI);
  subject.write(ICR, TXI);
  subject.pass(100 * BIT_38400_NS);
  assert.equal(subject.read(RIS) & TXI, 0);
});

for (const [code, level] of [[0, 4], [1, 8], [2, 16], [3, 24], [4, 28]]) {
  test(`the receive interrupt comes with ${level} bytes when IFLS says ${code}`, () => {
    const subject = uart();
    subject.write(IFLS, code << 3);
    subject.write(IMSC, RXI);
    for (let i = 1; i < level; i++) subject.receive(i);
    assert.equal(subject.read(RIS) & RXI, 0);
    subject.receive(level);
    assert.equal(subject.read(RIS) & RXI, RXI);
    assert.equal(subject.rp2040.core.pendingInterrupts & IRQ, IRQ);
    subject.read(DR);
    assert.equal(subject.read(RIS) & RXI, 0);
  });
}

test('fewer bytes come with the timeout, 32 bit times after the last', () => {
  const subject = uart();
  subject.write(IMSC, RTI);
  subject.receive(1);
  subject.pass(20 * BIT_38400_NS);
  subject.receive(2);
  subject.pass(32 * BIT_38400_NS - 10);
  assert.equal(subject.read(RIS) & RTI, 0);
  subject.pass(20);
  assert.equal(subject.read(RIS) & RTI, RTI);
});

test('the timeout comes again when it was cleared and bytes were left', () => {
  const subject = uart();
  subject.write(IMSC, RTI);
  subject.receive(1);
  subject.pass(33 * BIT_38400_NS);
  subject.write(ICR, RTI);
  assert.equal(subject.read(RIS) & RTI, 0);
  subject.pass(33 * BIT_38400_NS);
  assert.equal(subject.read(RIS) & RTI, RTI);
});

test('the 33rd byte that nobody has read is lost, and the next one says so', () => {
  const subject = uart();
  for (let i = 0; i < 33; i++) subject.receive(i);
  assert.equal(subject.read(RIS) & OEI, OEI);
  for (let i = 0; i < 32; i++) assert.equal(subject.read(DR) & 0xff, i);
  subject.receive(99);
  assert.equal(subject.read(DR), 99 | (1 << 11));
});

test('without FIFOs there is room for one byte', () => {
  const subject = uart(0x60);
  subject.receive(1);
  subject.receive(2);
  assert.equal(subject.read(RIS) & OEI, OEI);
  assert.equal(subject.read(DR) & 0xff, 1);
});

test('a sender that is half as fast is heard as something else, with framing errors', () => {
  const subject = uart();
  subject.sendAt([0x16, 0x00, 0x00], 19200);
  subject.pass(5e6);
  const heard = [];
  while (!(subject.read(FR) & 0x10)) heard.push(subject.read(DR));
  assert.notDeepEqual(heard.map((value) => value & 0xff), [0x16, 0x00, 0x00]);
  assert.ok(heard.some((value) => value & (1 << 8)));
});

test('a sender that is two percent off is heard', () => {
  const subject = uart();
  subject.sendAt([0x16, 0xff, 0x00], 39168);
  assert.equal(subject.read(FR) & 0x10, 0x10, 'nothing has arrived yet');
  subject.pass(5e6);
  assert.deepEqual([subject.read(DR), subject.read(DR), subject.read(DR)], [0x16, 0xff, 0x00]);
});

test('a new divisor counts from the next write of LCR_H on', () => {
  const subject = uart();
  const ends = [];
  subject.onByte((_, ns) => ends.push(ns));
  subject.write(IBRD, 406);
  subject.write(FBRD, 58);
  subject.write(DR, 1);
  subject.pass(1e6);
  near(ends[0], 10 * BIT_38400_NS, 1);
  subject.write(LCR_H, 0x70);
  subject.write(DR, 1);
  subject.pass(1e6);
  near(ends[1] - 1e6, 20 * BIT_38400_NS, 1);
});
