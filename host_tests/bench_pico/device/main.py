"""main.py of a Pico that is measured: the product's own, with marks beside what it does.

None stands between an event's last byte and the relay's edge: free memory is read before a frame of
ours begins, which takes milliseconds that are told and taken off, and when the relay has its count.
bench.json says which cards are changed, and how often (0: never).
"""

import gc
import json
import time

from boards.hal import rp2, rp2_relay

with open("bench.json") as file:
    plan = json.load(file)

marks = {"free": 0, "took_us": 0, "collections": 0}


def tell(*words):
    print("bench", *words)


class Collector:
    """In place of the module where the product collects: tells of each collection."""

    @staticmethod
    def collect():
        before = gc.mem_free()
        began = time.ticks_us()
        gc.collect()
        took_us = time.ticks_diff(time.ticks_us(), began)
        marks["collections"] += 1
        tell("collected", before, gc.mem_free(), took_us)


def start(port, frame):
    began = time.ticks_us()
    marks["free"] = gc.mem_free()
    marks["collections"] = 0
    marks["took_us"] = time.ticks_diff(time.ticks_us(), began)
    start_product(port, frame)


def energise(relay, limit_ms):
    energise_product(relay, limit_ms)
    tell("energised", marks["free"], gc.mem_free(), marks["collections"], marks["took_us"])


def storage_root(hal):
    """Asked when all that is patched here has been imported, and nothing of it has been used."""
    from firmware.app import memory, storage

    memory.gc = Collector
    jobs_product = storage.Storage.jobs
    storage.Storage.jobs = lambda self: jobs_product(self) + changes_of(self.cards)
    return ""


def changes_of(cards):
    """A job that changes a card every plan["change_every_ms"]."""
    if not plan["change_every_ms"]:
        return []
    from firmware.app.flash_writer import Job
    from loquet.card import Card

    keys = [bytes.fromhex(key) for key in plan["change_keys"]]
    done = [0, rp2.ticks_ms()]

    def due(now_s):
        return rp2.ticks_ms() - done[1] >= plan["change_every_ms"]

    def work():
        done[0] += 1
        done[1] = rp2.ticks_ms()
        cards.change(Card(keys[done[0] % len(keys)], groups=done[0] % 8))

    return [Job("bench", due, work)]


start_product = rp2.Port.start
energise_product = rp2_relay.Output.energise
rp2.Port.start = start
rp2_relay.Output.energise = energise
rp2.Hal.storage_root = storage_root
# The product's main.py.
import panel  # noqa: E402, F401
