/*
 * watch.h - what became of each file and folder that a process touched, wherever it is: what was made there, and was it synced.
 *
 * shim.c tells it while SHIM_WATCH is on; lasting.c asks. It is shared with children.
 */
#ifndef TESTS_FAULT_WATCH_H
#define TESTS_FAULT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* Moments are counted from 1; 0: never. */
struct watched {
    uint64_t inode;
    long changed;               /* a file: last written or shortened; a folder: a name was last made in it */
    long synced;                /* first after that */
    long renamed;               /* was given its name, having had another */
};

/* Forget everything. */
void watch_start(void);
void watch_changed(int fd);
void watch_synced(int fd);
/* The name is there, of something new or of something that had another. */
void watch_named(int dir, const char *path, bool is_new);

/* NULL: it was not touched. Ends the program where there was more than can be noted. */
const struct watched *watch_of(uint64_t inode);

#endif
