#!/bin/sh
# Runs what ENTER_PROGRAM names behind the words of ENTER_BY: for starters that take the path of a program and no words before it.
exec $ENTER_BY "$ENTER_PROGRAM" "$@"
