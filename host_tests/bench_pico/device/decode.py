"""What the decoder costs for each byte of a frame, on the device."""

import gc
import time

from springcore import frame
from springcore.stream import StreamDecoder

CHUNK_BYTES = 64
FRAMES = 10


def decode_us(chunks):
    decoder = StreamDecoder(2048)
    gc.collect()
    began = time.ticks_us()
    for _ in range(FRAMES):
        for chunk in chunks:
            decoder.receive(chunk)
    return time.ticks_diff(time.ticks_us(), began)


for size in (16, 64, 256, 1024):
    data = frame.encode(frame.EVENT, 0, 0x5B, bytes(size - frame.OVERHEAD))
    chunks = [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]
    # Once before: whatever is set up at the first use is not the cost of a byte.
    decode_us(chunks[:1])
    print("bench decode", size, decode_us(chunks) / (FRAMES * len(data)))
print("bench end")
