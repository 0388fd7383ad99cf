/*
 * print.h - records as people and programs see them.
 *
 * Layer:   cli.
 * Secrets: prints what the library revealed, and keeps none of it.
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "cli/cmd.h"
#include "cli/json.h"
#include "vault/vault.h"

/* {"field": value, ...} of what is present. */
void print_fields_json(struct json *j, const struct vault_record *r);
/* ["name", ...]: the withheld fields that hold something. */
void print_withheld_json(struct json *j, const struct vault_record *r);

/* One aligned line per value, `indent` blanks before it. With `revealed`, only withheld ones. */
void print_values(const struct vault_record *r, size_t indent, bool revealed);

/* One value; of text of several lines the further ones begin with `indent` blanks. */
void print_value(const struct vault_value *v, size_t indent);
/* The same for programs; it is present. */
void print_value_json(struct json *j, const struct vault_value *v);

#define PRINT_CODE 8        /* characters of a code that people see */
void print_code(const char *code);

/* What a new record, or files attached to one, came to; `named`: with records whose names are like its own. */
void print_new(const struct call *c, const struct vault_added *a, bool named);
/* What editing, reverting or removing came to. */
void print_added(const struct vault_added *a);

/* 12 bytes, 3.4 kB, 1.2 GB. */
void print_size(FILE *to, uint64_t bytes);
void print_attachments_json(struct json *j, const struct vault_record *r);
void print_attachments(const struct vault_record *r);

#endif
