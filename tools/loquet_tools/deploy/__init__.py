"""`loquet deploy`: what belongs onto a board, onto a board.

command.py    the command line, and the order in which things are done
ports.py      which serial port is the Pico's
board.py      the interpreter on the board, by mpremote; nothing else here talks to it
on_board.py   what is run there
visit.py      out of the running panel into maintenance, and back
file_set.py   which files belong there, and how those that differ get there
card_list.py  the same for the card list
firmware.py   the program: whether the board has this project's, and how it gets it
words.py      each step, for people
"""
