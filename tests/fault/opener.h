/*
 * opener.h - a deed done in a child that is hurt, many times: where it can be, the vault is opened once for all of them.
 *
 * Opening takes as long as most deeds, and is the same for all. So a process opens the vault, and each time a
 * child of it goes on from there. What that one changed is put back into the very files; where it replaced a file, the process
 * that has the old one open is ended, without closing anything.
 */
#ifndef TESTS_FAULT_OPENER_H
#define TESTS_FAULT_OPENER_H

#include <sys/types.h>
#include "tests/fault/world.h"

/* How it is to be hurt. The meaning is that of `arm`. */
struct hurt {
    int mode, error;
    long at;
};

/* `work` as it is before the deed, and all that lies outside. */
void opener_prepare(const struct world *w, const struct deed *d);
/* Do it, hurt: `arm` is called in the child, after chance was fixed; the same for all calls up to opener_stop. Returns the child's status as
 * of waitpid; that it ended by itself, its exit code is the vault_err. */
int opener_run(struct world *w, const struct deed *d, const struct hurt *p, void (*arm)(const struct hurt *p));
/* The same, the opening being hurt as well: nobody has it open. */
int opener_closed(struct world *w, const struct deed *d, const struct hurt *p, void (*arm)(const struct hurt *p));
/* Is there a process that has `work` open? Then others look at a copy. */
bool opener_has_it(void);
/* After the last one of a deed. */
void opener_stop(void);
/* The last sentence of the child; "" when it was killed. */
const char *opener_said(void);

/* waitpid, until it ended; ends the program where that fails. */
int wait_status(pid_t pid);

#endif
