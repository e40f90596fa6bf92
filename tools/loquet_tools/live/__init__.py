"""`loquet demo` in a terminal: a view of the door, the reader, the wire and the log, and keys.

keys.py      the one table of the keys
view.py      what there is to see: made from happenings, without input or output
lights.py    what the reader's light and buzzer do when it plays a sequence
draw.py      the view in lines of text
session.py   the panel, its visit and what the keys do to them
app.py       the terminal: Textual, and nothing that decides anything
show.py      all of it together, from the beginning to the end
"""
