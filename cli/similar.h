/*
 * similar.h - telling a keeper whose names are like those that just came in.
 *
 * Layer:   cli.
 * Secrets: none: a reason shows no withheld value.
 *
 * What was written stays written: that names could not be compared is a warning.
 */
#ifndef CLI_SIMILAR_H
#define CLI_SIMILAR_H

#include "cli/cmd.h"
#include "cli/json.h"

/* "similar": [{"id","label","field","level","why"}] of a record, into an open object. */
void similar_json(const struct call *c, struct json *j, const char *id);
/* A line each, to standard error. */
void similar_say(const struct call *c, const char *id);
/* The same for every record that an import brought; as JSON each with "of". */
void similar_new_json(const struct call *c, struct json *j);
void similar_new_say(const struct call *c);
/* For those that were taken over from others when the vault was opened, whatever it was opened for: without reasons, which would tell
 * how the names sound. */
void similar_adopted_say(const struct call *c);

#endif
