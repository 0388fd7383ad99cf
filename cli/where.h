/*
 * where.h - the option --where FIELD=VALUE of commands that go through many records.
 *
 * Layer:   cli.
 * Secrets: none: a value of a withheld field is refused.
 */
#ifndef CLI_WHERE_H
#define CLI_WHERE_H

#include "cli/cmd.h"

#define WHERE_MAX 32

struct wheres {
    struct vault_where where[WHERE_MAX];
    size_t n;
};

/* Cut each at its equals sign; borrowed from the call. VAULT_ERR_INPUT. */
VAULT_CHECK vault_err wheres_read(struct wheres *w, const struct call *c);
/* With the vault open: what is asked for must not be a withheld value, as it stands on the command line. `type`: as the
 * query has it, or NULL. VAULT_ERR_INPUT. */
VAULT_CHECK vault_err wheres_refuse_withheld(const struct wheres *w, const struct call *c, const char *type);

/* For the help of these commands. */
#define WHERE_HELP \
    "--where FIELD=VALUE: without regard to case and marks. A date fits when it overlaps: 2005,\n" \
    "1999/2003, 1999..2003, ..2005 (until then), 2005.. (since then); what is about (~) or uncertain (?)\n" \
    "counts as written, and what is not known fits (199X overlaps 1995). A number: 7, 10..20, ..20, 10..\n" \
    "A place fits by its parts between commas. A link: an ID. FIELD may follow links, as in\n" \
    "case.person.citizenship: persons of the case that the record links to. TYPE:LINK goes the other\n" \
    "way: case:person.status are the cases whose field person links to the record. Several: all hold.\n" \
    "A withheld field cannot be asked for so: use `search --field`.\n"

#endif
