// What a UART makes of what another one sends: the receiver finds a start bit and samples the middle of
// every bit at its own rate (RP2040 data sheet 4.2.3.4). Characters are 8N1.

export const BITS_PER_BYTE = 10; // start, 8 data, stop

/**
 * What a receiver at `heardRate` bit/s hears of `bytes`, sent without pauses at `sentRate`: a list of
 * {value, framing, atNs}; `atNs`: when its stop bit is sampled, counted from the first start bit.
 */
export function heard(bytes, sentRate, heardRate) {
  const levels = [...bytes].flatMap(bitsOf);
  const step = sentRate / heardRate; // one bit of the receiver, in bits of the sender
  const bitNs = 1e9 / sentRate;
  const levelAt = (place) => levels[Math.floor(place)] ?? 1;
  const found = [];
  let edge = fallingEdge(levels, 0);
  while (edge !== null) {
    let value = 0;
    for (let bit = 0; bit < 8; bit++) value |= levelAt(edge + (1.5 + bit) * step) << bit;
    const stop = edge + 9.5 * step;
    found.push({ value, framing: levelAt(stop) === 0, atNs: stop * bitNs });
    edge = fallingEdge(levels, Math.floor(stop) + 1);
  }
  return found;
}

function bitsOf(byte) {
  const bits = [0];
  for (let bit = 0; bit < 8; bit++) bits.push((byte >> bit) & 1);
  bits.push(1);
  return bits;
}

function fallingEdge(levels, from) {
  for (let place = from; place < levels.length; place++) {
    if (levels[place] === 0 && (place === 0 || levels[place - 1] === 1)) return place;
  }
  return null;
}
