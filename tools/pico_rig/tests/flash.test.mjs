import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chip } from './subject.mjs';

const SSI = 0x18000000, CTRLR0 = SSI, SSIENR = SSI + 0x08, SR = SSI + 0x28, BAUDR = SSI + 0x14, DR = SSI + 0x60;
const SELECT = 0x4001800c; // GPIO_QSPI_SS_CTRL
const WRITE_ENABLE = 0x06, STATUS = 0x05, PROGRAM = 0x02, ERASE = 0x20, READ = 0x03;
const XIP = 0x10000000;
const MS = 1e6;

function flash(options) {
  const subject = chip(options);
  subject.write(SSIENR, 0);
  subject.write(BAUDR, 6);
  subject.write(CTRLR0, 7 << 16);
  subject.write(SSIENR, 1);
  return subject;
}

// As the SDK's flash_do_cmd does it.
function command(subject, bytes) {
  subject.write(SELECT, 2 << 8);
  const answers = bytes.map((byte) => {
    subject.write(DR, byte);
    for (let i = 0; !(subject.read(SR) & 8); i++) {
      assert.ok(i < 1000, 'the chip never answers');
      subject.pass(100);
    }
    return subject.read(DR);
  });
  subject.write(SELECT, 3 << 8);
  return answers;
}

function erase(subject, address) {
  command(subject, [WRITE_ENABLE]);
  command(subject, [ERASE, address >> 16, (address >> 8) & 0xff, address & 0xff]);
}

function program(subject, address, data) {
  command(subject, [WRITE_ENABLE]);
  command(subject, [PROGRAM, address >> 16, (address >> 8) & 0xff, address & 0xff, ...data]);
}

function busy(subject) {
  return (command(subject, [STATUS, 0])[1] & 1) === 1;
}

test('it says who it is', () => {
  assert.deepEqual(command(flash(), [0x9f, 0, 0, 0]).slice(1), [0xef, 0x40, 0x15]);
});

test('a byte takes eight of its clocks on the way', () => {
  const subject = flash();
  subject.write(SELECT, 2 << 8);
  subject.write(DR, STATUS);
  subject.pass(8 * 6 * 8 - 10);
  assert.equal(subject.read(SR) & 8, 0);
  subject.pass(20);
  assert.equal(subject.read(SR) & 8, 8);
});

test('what was programmed is read, as memory and by command', () => {
  const subject = flash();
  program(subject, 0x100000, [1, 2, 3]);
  subject.pass(1 * MS);
  assert.equal(subject.read(XIP + 0x100000), 0xff030201);
  assert.deepEqual(command(subject, [READ, 0x10, 0, 0, 0, 0, 0]).slice(4), [1, 2, 3]);
});

test('without write enable nothing happens', () => {
  const subject = flash();
  program(subject, 0x100000, [1]);
  subject.pass(1 * MS);
  command(subject, [PROGRAM, 0x10, 0, 1, 2]);
  subject.pass(1 * MS);
  assert.equal(subject.read(XIP + 0x100000), 0xffffff01);
});

test('programming only makes zeros, and a page wraps', () => {
  const subject = flash();
  program(subject, 0x100000, [0x0f]);
  subject.pass(1 * MS);
  program(subject, 0x1000ff, [0xaa, 0xf5]);
  subject.pass(1 * MS);
  assert.equal(subject.read(XIP + 0x100000) & 0xff, 0x05);
});

test('a page takes 0.4 ms, a sector 45', () => {
  const subject = flash();
  program(subject, 0x100000, [0]);
  subject.pass(0.35 * MS);
  assert.ok(busy(subject));
  subject.pass(0.1 * MS);
  assert.ok(!busy(subject));
  erase(subject, 0x100000);
  subject.pass(44.9 * MS);
  assert.ok(busy(subject));
  subject.pass(0.2 * MS);
  assert.ok(!busy(subject));
  assert.equal(subject.read(XIP + 0x100000), 0xffffffff);
});

test('what it is told while it is busy it does not do', () => {
  const subject = flash();
  erase(subject, 0x100000);
  program(subject, 0x100000, [0]);
  subject.pass(50 * MS);
  assert.equal(subject.read(XIP + 0x100000), 0xffffffff);
});

test('a power cut leaves half of a page programmed', () => {
  const subject = flash();
  program(subject, 0x100000, new Array(256).fill(0));
  subject.pass(0.2 * MS);
  const torn = subject.board.cutPower(() => 0.5);
  assert.equal(torn.kind, 'program');
  const bytes = Array.from({ length: 256 }, (_, i) => subject.rp2040.flash[0x100000 + i]);
  const done = bytes.lastIndexOf(0) + 1;
  assert.ok(done > 100 && done < 156, `${done} bytes are programmed`);
  assert.ok(bytes.slice(done).every((byte) => byte === 0xff));
});

test('a power cut leaves an erase with some of its bits', () => {
  const subject = flash();
  subject.rp2040.flash.fill(0, 0x100000, 0x101000);
  erase(subject, 0x100000);
  subject.pass(15 * MS);
  let number = 0;
  subject.board.cutPower(() => (number = (number + 0.37) % 1));
  const bits = Array.from(subject.rp2040.flash.slice(0x100000, 0x101000)).reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  assert.ok(bits > 0.3 * 32768 && bits < 0.37 * 32768, `${bits} bits of 32768`);
});

test('it counts what wears it out', () => {
  const subject = flash();
  erase(subject, 0x100000);
  subject.pass(50 * MS);
  program(subject, 0x100000, [1, 2]);
  const { erases, programs, programmedBytes } = subject.board.flash.counters;
  assert.deepEqual({ erases, programs, programmedBytes }, { erases: 1, programs: 1, programmedBytes: 2 });
  assert.equal(subject.board.flash.erasesOf.get(0x100), 1);
});
