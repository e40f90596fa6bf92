// Single precision arithmetic of the boot ROM: RP2040 data sheet 2.8.3.2. Its functions know neither
// denormals (they become zero) nor NaN (it becomes infinity). Clocks are about the data sheet's averages.

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);
const doubles = new Float64Array(1);
const doubleBits = new Uint32Array(doubles.buffer);

const EXPONENT = 0x7f800000, SIGN = 0x80000000;
const INT64 = [-(1n << 63n), (1n << 63n) - 1n];
const UINT64 = [0n, (1n << 64n) - 1n];

function asFloat(word) {
  bits[0] = flushed(word);
  return floats[0];
}

function asWord(value) {
  floats[0] = value;
  return flushed(bits[0]);
}

function flushed(word) {
  const exponent = word & EXPONENT;
  if (exponent === 0) return (word & SIGN) >>> 0;
  return exponent === EXPONENT ? (word & (SIGN | EXPONENT)) >>> 0 : word;
}

function limited(value, least, most) {
  return Math.min(Math.max(Math.floor(value), least), most);
}

function limited64(value, [least, most]) {
  if (value >= Number(most)) return most;
  return value <= Number(least) ? least : BigInt(Math.floor(value));
}

/** The functions in the order of the ROM's table; null: not there. `stall(clocks)` charges for them. */
export function singlePrecision(stall) {
  const charged = (clocks, run) => (r) => {
    run(r);
    stall(clocks);
  };
  const two = (clocks, f) => charged(clocks, (r) => { r[0] = asWord(f(asFloat(r[0]), asFloat(r[1]))); });
  const one = (clocks, f) => charged(clocks, (r) => { r[0] = asWord(f(asFloat(r[0]))); });
  // r[1], where it counts, is how many bits stand behind the point.
  const toInt = (clocks, least, most, fixed) => charged(clocks, (r) => {
    r[0] = limited(asFloat(r[0]) * (fixed ? 2 ** (r[1] | 0) : 1), least, most) >>> 0;
  });
  const toInt64 = (clocks, limits, fixed) => charged(clocks, (r) => {
    const value = BigInt.asUintN(64, limited64(asFloat(r[0]) * (fixed ? 2 ** (r[1] | 0) : 1), limits));
    r[0] = Number(value & 0xffffffffn);
    r[1] = Number(value >> 32n);
  });
  const fromInt = (clocks, value, fraction) => charged(clocks, (r) => { r[0] = asWord(value(r) * 2 ** -fraction(r)); });
  const none = () => 0;
  const signed = (r) => r[0] | 0, unsigned = (r) => r[0];
  const unsigned64 = (r) => (BigInt(r[1]) << 32n) | BigInt(r[0]);
  const signed64 = (r) => Number(BigInt.asIntN(64, unsigned64(r)));
  const [LEAST, MOST, MOST_UNSIGNED] = [-(2 ** 31), 2 ** 31 - 1, 2 ** 32 - 1];

  return [
    two(71, (a, b) => a + b), // 00 fadd
    two(71, (a, b) => a - b),
    two(69, (a, b) => a * b),
    two(71, (a, b) => a / b),
    null, // 10 deprecated
    null,
    one(63, Math.sqrt),
    toInt(37, LEAST, MOST, false),
    toInt(42, LEAST, MOST, true), // 20 float2fix
    toInt(34, 0, MOST_UNSIGNED, false),
    toInt(41, 0, MOST_UNSIGNED, true),
    fromInt(56, signed, none),
    fromInt(59, signed, (r) => r[1] | 0), // 30 fix2float
    fromInt(53, unsigned, none),
    fromInt(56, unsigned, (r) => r[1] | 0),
    one(587, Math.cos),
    one(587, Math.sin), // 40 fsin
    one(660, Math.tan),
    null, // a version 3 function
    one(524, Math.exp),
    one(499, Math.log), // 50 fln
    null, // fcmp
    two(599, Math.atan2),
    fromInt(63, signed64, none),
    fromInt(66, signed64, (r) => r[2] | 0), // 60 fix642float
    fromInt(60, (r) => Number(unsigned64(r)), none),
    fromInt(63, (r) => Number(unsigned64(r)), (r) => r[2] | 0),
    toInt64(60, INT64, false),
    toInt64(63, INT64, true), // 70 float2fix64
    toInt64(57, UINT64, false),
    toInt64(60, UINT64, true),
    charged(40, (r) => { // float2double
      doubles[0] = asFloat(r[0]);
      [r[0], r[1]] = doubleBits;
    }),
  ];
}
