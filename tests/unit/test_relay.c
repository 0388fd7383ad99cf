/* test_relay.c - a stream in pieces (relay.h): what was made is taken, in order, whichever side fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "vault/base/err.h"
#include "vault/base/relay.h"

struct stream {
    uint8_t n;                  /* pieces there are; then the end, or the maker's error */
    vault_err make_err;
    uint8_t take_stops;         /* at this piece the taker fails; 0: never */
    uint8_t made, taken;
    bool slow;                  /* the taker, so that the maker has failed before it takes the first */
};

static vault_err
make(void *ctx, struct buf *piece, bool *end)
{
    struct stream *s = ctx;

    if (s->made == s->n) {
        *end = s->make_err == VAULT_OK;
        return s->make_err == VAULT_OK ? VAULT_OK : err_say(s->make_err, "a hint", "the maker's sentence");
    }
    s->made++;
    buf_put(piece, &s->made, 1);
    return buf_ok(piece);
}

static vault_err
take(void *ctx, struct buf *piece)
{
    struct stream *s = ctx;

    if (s->slow && s->taken == 0)
        (void)nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    assert_int_equal(piece->n, 1);
    assert_int_equal(piece->p[0], s->taken + 1);
    s->taken++;
    return s->taken == s->take_stops ? err_say(VAULT_ERR_NO_SPACE, NULL, "the taker's sentence") : VAULT_OK;
}

static vault_err
run(struct stream *s)
{
    return relay_run(&(struct relay){ .make = make, .take = take, .ctx = s });
}

static void
test_relay__all_pieces_come_in_order(void **state)
{
    (void)state;
    for (uint8_t n = 0; n <= 3 * RELAY_PIECES; n++) {
        struct stream s = { .n = n };
        assert_int_equal(run(&s), VAULT_OK);
        assert_int_equal(s.taken, n);
    }
}

static void
test_relay__what_was_made_before_an_error_is_taken(void **state)
{
    (void)state;
    for (uint8_t n = 0; n <= 3 * RELAY_PIECES; n++)
        for (int slow = 0; slow < 2; slow++) {
            struct stream s = { .n = n, .make_err = VAULT_ERR_DAMAGED, .slow = slow };
            assert_int_equal(run(&s), VAULT_ERR_DAMAGED);
            assert_int_equal(s.taken, n);
            assert_string_equal(vault_last_error()->text, "the maker's sentence");
            assert_string_equal(vault_last_error()->hint, "a hint");
        }
}

static void
test_relay__after_an_error_of_the_taker_nothing_more_is_taken(void **state)
{
    (void)state;
    for (uint8_t at = 1; at <= 2 * RELAY_PIECES; at++) {
        struct stream s = { .n = 200, .take_stops = at };
        assert_int_equal(run(&s), VAULT_ERR_NO_SPACE);
        assert_int_equal(s.taken, at);
        assert_in_range(s.made, at, at + RELAY_PIECES);
        assert_string_equal(vault_last_error()->text, "the taker's sentence");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_relay__all_pieces_come_in_order),
        cmocka_unit_test(test_relay__what_was_made_before_an_error_is_taken),
        cmocka_unit_test(test_relay__after_an_error_of_the_taker_nothing_more_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
