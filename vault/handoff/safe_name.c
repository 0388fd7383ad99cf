/* safe_name.c - see safe_name.h. */
#include "vault/handoff/safe_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "vault/base/bytes.h"
#include "vault/base/utf8.h"
#include "vault/base/word.h"

#define STEM_MAX 80u                /* bytes */
#define ENDING_MAX 5u

/* What is opened by a double click and then does no more than show itself. (No html, svg: they run scripts.) */
static const char *const HARMLESS[] = { "pdf", "txt", "md", "csv", "tsv", "rtf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt",
    "ods", "odp", "hwp", "hwpx", "jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp", "heic", "mp3", "m4a", "wav", "ogg", "oga",
    "opus", "flac", "amr", "mp4", "m4v", "mov", "avi", "mkv", "webm", "mpg", "mpeg", "3gp", "eml", "zip", "7z", "gz", "age", "asc", "sig",
    "json", "xml", "epub", "vcf", "ics" };

/* Bytes of the ending, without its dot; 0: none that stays. */
static size_t
ending_of(const char *p, size_t n)
{
    for (size_t k = 1; k <= ENDING_MAX && k + 1 < n; k++)
        if (p[n - k - 1] == '.') {
            for (size_t i = 0; i < sizeof HARMLESS / sizeof HARMLESS[0]; i++)
                if (strlen(HARMLESS[i]) == k && strncasecmp(HARMLESS[i], p + n - k, k) == 0)
                    return k;
            return 0;
        }
    return 0;
}

static bool
stays(int32_t cp)
{
    return cp == '-' || cp == '_' || word_has(cp);
}

/* Up to `max` bytes of it at out, which has room for them. */
static size_t
put_stem(char *out, size_t max, const char *p, size_t n)
{
    size_t at = 0;

    for (size_t i = 0; i < n;) {
        int32_t cp = 0;
        size_t len = u8_read(&cp, (const uint8_t *)p + i, n - i);

        if (len > 0 && stays(cp)) {
            if (at + len > max)
                break;
            memcpy(out + at, p + i, len);
            at += len;
        } else if (at < max && at > 0 && out[at - 1] != '_') {
            out[at++] = '_';
        }
        i += len == 0 ? 1 : len;
    }
    while (at > 0 && out[at - 1] == '_')
        at--;
    return at;
}

void
safe_name(char out[static SAFE_NAME_ROOM], uint64_t number, struct part name)
{
    const char *p = name.p;
    size_t ending = ending_of(p, name.n), at, stem;

    at = (size_t)snprintf(out, SAFE_NAME_ROOM, "%04" PRIu64 "-", number);
    stem = put_stem(out + at, STEM_MAX, p, ending == 0 ? name.n : name.n - ending - 1);
    at += stem == 0 ? (size_t)snprintf(out + at, SAFE_NAME_ROOM - at, "file") : stem;
    if (ending > 0) {
        out[at++] = '.';
        memcpy(out + at, p + name.n - ending, ending);
        at += ending;
    }
    out[at] = '\0';
}
