/*
 * entry.h - the fields of a record on their way in: arguments, --from, and questions.
 *
 * Layer:   cli.
 * Secrets: a withheld value comes from --from or from the terminal, never as an argument. Answers
 *          live in struct secret until the library has them.
 */
#ifndef CLI_ENTRY_H
#define CLI_ENTRY_H

#include "cli/cmd.h"
#include "cli/fields.h"

struct entry {
    vault_fields *fields;
    char **words;           /* borrowed arguments: FIELD=VALUE, or FIELD to be asked for */
    size_t n_words;
    size_t given;           /* changes that fields holds already */
    bool blind;             /* who types cannot read withheld values back: show them once */
};

/* Is it somebody who cannot read back what he types? */
bool entry_is_blind(const vault *v);

/* Before the vault is opened: --from, --unset, and the shape of the arguments from `first` on. */
VAULT_CHECK vault_err entry_read(struct entry *e, const struct call *c, size_t first);

/* With the type known: refuse withheld values among the arguments, ask for the fields that were
 * only named. */
VAULT_CHECK vault_err entry_finish(struct entry *e, const struct fields *type);
void entry_free(struct entry *e);

#define ENTRY_FROM_OPT \
    { "from", 0, false, "FILE", "read a JSON object with the fields; - is standard input" }

/* One question for one field. *out is the caller's; length 0: skipped. */
VAULT_CHECK vault_err entry_ask(struct secret **out, const struct vault_field_info *f);

/* Ask field by field, add the record, and go back to what the library does not take. */
VAULT_CHECK vault_err entry_interview(struct vault_added *out, vault *v,
    const struct fields *type);

#endif
