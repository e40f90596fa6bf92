import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chip } from './subject.mjs';

const RANDOMBIT = 0x4006001c;

function bits(seed) {
  const subject = chip({ seed });
  return Array.from({ length: 1000 }, () => subject.read(RANDOMBIT));
}

test('the random bit is 0 about as often as 1', () => {
  const ones = bits(1).reduce((sum, bit) => sum + bit, 0);
  assert.ok(ones > 430 && ones < 570, `${ones} of 1000`);
});

test('a seed makes it repeatable, another one different', () => {
  assert.deepEqual(bits(7), bits(7));
  assert.notDeepEqual(bits(7), bits(8));
});
