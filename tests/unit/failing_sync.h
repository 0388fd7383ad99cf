/* failing_sync.h - a disk on which no folder can be synced. Include it in one file of a test. */
#ifndef TESTS_UNIT_FAILING_SYNC_H
#define TESTS_UNIT_FAILING_SYNC_H

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool folders_fail;

/* In place of the C library's: no folder can be synced while folders_fail. */
int
fsync(int fd)
{
    struct stat st;

    if (folders_fail && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

#endif
