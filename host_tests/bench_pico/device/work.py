"""Changes of cards, and events of the log, with all the work that comes of them, on the device."""

import gc
import json

with open("bench.json") as file:
    plan = json.load(file)


def change_cards():
    from loquet.card import Card
    from loquet.cards import Cards

    cards = Cards("/cards")
    cards.open()
    keys = [bytes.fromhex(key) for key in plan["keys"]]
    gc.collect()
    print("bench begin card_change")
    for number in range(plan["changes"]):
        cards.change(Card(keys[number % len(keys)], groups=number % 8))
        while cards.work():
            pass
    print("bench end card_change")
    cards.close()


def log_events():
    from loquet.journal import Journal

    log = Journal("/log", 10000)
    log.open()
    gc.collect()
    for per_flush in (8, 1):
        name = "log_entry_" + str(per_flush)
        print("bench begin " + name)
        for number in range(plan["events"]):
            log.append("access_granted", 0, "unknown", 0, 0, "granted", bytes(11))
            if number % per_flush == per_flush - 1:
                while log.flush():
                    pass
        print("bench end " + name)
    log.close()


change_cards()
gc.collect()
log_events()
print("bench end")
