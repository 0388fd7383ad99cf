/* phrases.c - see phrases.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/phrases.h"

struct secret *
pass_of(const char *text)
{
    struct secret *s = NULL;

    assert_int_equal(vault_secret_new(&s, strlen(text)), VAULT_OK);
    memcpy(vault_secret_edit(s), text, strlen(text));
    return s;
}
