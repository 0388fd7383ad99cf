/*
 * json.h - JSON on its way out, one piece after the other.
 *
 * Layer:   cli.
 * Secrets: keeps nothing; what passes through lies in the stream's buffer (see out.h).
 *
 * The result is valid UTF-8 whatever it is given: broken bytes become U+FFFD. Characters that steer
 * a terminal (controls, bidi, invisible ones) are written as \uXXXX, so the text is the same to a
 * program and harmless to a person who looks at it. Items of the outermost array stand one a line.
 *
 * The names begin with js_ because json_ belongs to jansson, which the library is linked with.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 8

struct json {               /* begin with { .to = stdout } */
    FILE *to;
    unsigned depth;
    char close[JSON_DEPTH];
    bool more[JSON_DEPTH];  /* a comma stands before the next item */
    bool keyed;             /* the next item follows its key */
};

void js_object(struct json *j);
void js_array(struct json *j);
/* Close the innermost; the outermost ends with a newline. */
void js_end(struct json *j);
void js_key(struct json *j, const char *key);

void js_text(struct json *j, const char *s);            /* NULL: null */
void js_int(struct json *j, int64_t n);
void js_uint(struct json *j, uint64_t n);
void js_bool(struct json *j, bool yes);
void js_null(struct json *j);
void js_time(struct json *j, int64_t seconds);          /* ISO 8601 in UTC */
void js_raw(struct json *j, const char *json);          /* is JSON already */

/* A key and its value in one. */
void js_pair(struct json *j, const char *key, const char *s);
void js_pair_int(struct json *j, const char *key, int64_t n);
void js_pair_uint(struct json *j, const char *key, uint64_t n);
void js_pair_bool(struct json *j, const char *key, bool yes);
void js_pair_time(struct json *j, const char *key, int64_t seconds);

/* A document on standard output has begun and not ended. */
bool js_unfinished(void);

#endif
