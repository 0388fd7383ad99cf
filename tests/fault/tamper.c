#include "tests/fault/fault.h"
#define T(x) void x(struct world *w, const struct options *o) { (void)w; (void)o; }
T(test_keys) T(test_forged) T(test_bytes) T(test_pages) T(test_cut) T(test_rows)
