/*
 * shim.h - stands between the library (and SQLCipher below it) and the kernel, where files change.
 *
 * The executable defines write, fsync, rename and their like itself, so that every call of the
 * process comes here first. Calls that change nothing are not counted, but for SHIM_READ; nor, with SHIM_TORN, SHIM_FAIL_TORN and SHIM_SHORT,
 * those that are no writes, as these are SHIM_KILL's and SHIM_FAIL's work. What is synced is not really
 * synced: after a kill the kernel keeps what was written; what a power cut keeps is model.h's work.
 */
#ifndef TESTS_FAULT_SHIM_H
#define TESTS_FAULT_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shim_mode {
    SHIM_OFF,
    SHIM_KILL,          /* SIGKILL instead of the call number `at` */
    SHIM_TORN,          /* the same in the middle of a write; only writes of several bytes are counted */
    SHIM_FAIL,          /* call number `at` fails with `error` */
    SHIM_FAIL_FROM,     /* that one and each later one */
    SHIM_FAIL_TORN,     /* writing number `at` fails when half of it is done; only these are counted */
    SHIM_FAIL_ANY,      /* call number `at` fails; if it is a write, half of it is done */
    SHIM_SHORT,         /* of writing number `at` half is done, and it says so; then the disk is full: `error` from there on */
    SHIM_READ,          /* reading number `at` fails with `error`; only calls that read are counted */
    SHIM_READ_FROM,     /* that one and each later one */
    SHIM_RECORD,        /* note everything in shim_tape */
    SHIM_WATCH,         /* tell watch.h of what is changed, named and synced */
};

/* From now on, in this process and those it starts. `at` counts from 1. */
void shim_arm(enum shim_mode mode, long at, int error);
/* Calls that changed something since then, also those of a child. With SHIM_FAIL and ENOSPC only
 * those that need space. */
long shim_count(void);

/* ---- what SHIM_RECORD notes ---- */

enum tape_kind { TAPE_CREATE, TAPE_WRITE, TAPE_SIZE, TAPE_SYNC, TAPE_SYNC_FOLDER, TAPE_RENAME,
    TAPE_UNLINK };

struct tape_op {
    enum tape_kind kind;
    int file;                   /* number of the file, counted as they are first seen */
    char name[32], to[32];      /* in the folder */
    int64_t at;                 /* WRITE: offset; SIZE: the size */
    size_t n, data;             /* WRITE: bytes, and where in tape->bytes */
};

#define TAPE_OPS 20000
#define TAPE_BYTES ((size_t)96 << 20)
#define TAPE_FILES 64

struct tape {
    bool too_long;
    size_t n_ops, n_bytes;
    int n_files;
    size_t elsewhere;           /* operations before the first write to, or unlinking of, a file of no number */
    uint64_t folder, inode[TAPE_FILES];
    struct tape_op op[TAPE_OPS];
    uint8_t bytes[TAPE_BYTES];
};

/* Shared with children; made by the first call. */
struct tape *shim_tape(void);
/* Before recording what happens in this folder: the files that are there already get numbers 0 and 1. */
void shim_tape_start(const char *folder, const char *first, const char *second);

#endif
