import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chip } from './subject.mjs';

const MS = 1e6;

function half(subject, address) {
  return subject.rp2040.readUint16(address);
}

const code = (name) => name.charCodeAt(0) | (name.charCodeAt(1) << 8);

// As the SDK does it: rom_func_lookup and rom_data_lookup.
function lookUp(subject, table, name) {
  const found = subject.call(half(subject, 0x18), half(subject, table), code(name)).result;
  assert.notEqual(found, 0, `${name} is not there`);
  return found;
}

function call(subject, name, ...args) {
  return subject.call(lookUp(subject, 0x14, name), ...args);
}

function float(subject, offset, ...args) {
  const table = lookUp(subject, 0x16, 'SF');
  return subject.call(subject.read(table + offset), ...args.map(word)).result;
}

function word(value) {
  return new Uint32Array(new Float32Array([value]).buffer)[0];
}

test('it says that it is version 2', () => {
  assert.equal(chip().read(0x10), 0x0201754d);
});

test('what is not there is not found', () => {
  const subject = chip();
  assert.ok(half(subject, 0x18));
  assert.equal(subject.call(half(subject, 0x18), half(subject, 0x14), code('??')).result, 0);
});

test('it counts bits', () => {
  const subject = chip();
  assert.equal(call(subject, 'P3', 0xf00000ff).result, 12);
  assert.equal(call(subject, 'L3', 0x00010000).result, 15);
  assert.equal(call(subject, 'L3', 0).result, 32);
  assert.equal(call(subject, 'T3', 0x00010000).result, 16);
  assert.equal(call(subject, 'R3', 0x80000001).result, 0x80000001);
  assert.equal(call(subject, 'R3', 0x00000003).result, 0xc0000000);
});

test('it copies and fills memory', () => {
  const subject = chip();
  subject.write(0x20001000, 0x44332211);
  call(subject, 'MC', 0x20002000, 0x20001000, 3);
  assert.equal(subject.read(0x20002000) & 0xffffff, 0x332211);
  call(subject, 'MS', 0x20002000, 0xaa, 4);
  assert.equal(subject.read(0x20002000), 0xaaaaaaaa);
});

test('it calculates', () => {
  const subject = chip();
  assert.equal(float(subject, 0x00, 1.5, 2.25), word(3.75));
  assert.equal(float(subject, 0x0c, 1, 3), word(1 / 3));
  assert.equal(float(subject, 0x18, 2), word(Math.SQRT2));
  assert.equal(float(subject, 0x1c, -1.5) | 0, -2);
});

test('it knows no denormals', () => {
  assert.equal(float(chip(), 0x00, 1e-40, 0), 0);
});

test('it erases and programs, and takes the time of the chip', () => {
  const subject = chip();
  subject.write(0x20001000, 0x01020304);
  const erased = call(subject, 'RE', 0x100000, 8192, 65536, 0xd8);
  assert.ok(erased.ns > 90 * MS && erased.ns < 91 * MS, `${erased.ns}`);
  const programmed = call(subject, 'RP', 0x100000, 0x20001000, 512);
  assert.ok(programmed.ns > 0.8 * MS && programmed.ns < 1.3 * MS, `${programmed.ns}`);
  assert.equal(subject.read(0x10100000), 0x01020304);
});
