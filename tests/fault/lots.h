/*
 * lots.h - stands between the process and chance: in a child that is hurt all that is drawn by lot is drawn the same, and the clock
 * stands still.
 *
 * So that two faults that leave the same thing leave the same bytes, of which the questions (outcome.c) are asked once; and a failure
 * can be seen again. The executable defines getrandom, RAND_bytes and time itself, as shim.h does with files.
 */
#ifndef TESTS_FAULT_LOTS_H
#define TESTS_FAULT_LOTS_H

#include <stdbool.h>
#include <stddef.h>

/* What is drawn later follows from this; the clock stands at this moment. Nothing is fixed yet. */
void lots_begin(unsigned seed);
/* From now on, in this process and those it starts. What is drawn after another `of` is something else. */
void lots_fix(unsigned of);
/* For shim.c: is it the device that SQLite reads? Then bytes as if from there. */
bool lots_read(int fd, void *p, size_t n);

#endif
