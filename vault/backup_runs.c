/* backup_runs.c - which chunks there are: numbers that follow each other, as one; see backup.h. */
#include "vault/backup.h"

#include <stdlib.h>

void
runs_free(struct runs *r)
{
    free(r->run);
    *r = (struct runs){0};
}

static vault_err
append(struct runs *r, int64_t first, int64_t count)
{
    struct run *p = array_room(r->run, r->n, &r->cap, sizeof *p);

    if (p == NULL)
        return err_nomem();
    r->run = p;
    r->run[r->n++] = (struct run){ first, count };
    return VAULT_OK;
}

static int64_t
end_of(const struct run *r)
{
    return r->first + r->count;
}

vault_err
runs_add(struct runs *r, int64_t first, int64_t count)
{
    if (first < 0 || count < 1 || first > INT64_MAX - count || r->n == BACKUP_RUNS_MAX ||
        (r->n != 0 && first <= end_of(&r->run[r->n - 1])))
        return err_say(VAULT_ERR_DAMAGED, NULL, "the list of chunks breaks a rule");
    return append(r, first, count);
}

bool
runs_hold(const struct runs *r, int64_t n)
{
    size_t low = 0, high = r->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (end_of(&r->run[mid]) <= n)
            low = mid + 1;
        else
            high = mid;
    }
    return low < r->n && r->run[low].first <= n;
}

vault_err
runs_subtract(struct runs *out, const struct runs *a, const struct runs *b)
{
    size_t j = 0;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < a->n; i++) {
        int64_t from = a->run[i].first, end = end_of(&a->run[i]);
        while (j < b->n && end_of(&b->run[j]) <= from)
            j++;
        for (size_t k = j; err == VAULT_OK && k < b->n && b->run[k].first < end; k++) {
            if (b->run[k].first > from)
                err = append(out, from, b->run[k].first - from);
            if (end_of(&b->run[k]) > from)
                from = end_of(&b->run[k]);
        }
        if (err == VAULT_OK && from < end)
            err = append(out, from, end - from);
    }
    return err;
}
