#!/usr/bin/env bats
# How well names are matched, on lists of publicly known persons; the figures that are promised.

setup() {
    REPORT=$O/tests/names/report
    DATA=$BATS_TEST_DIRNAME/../../../shared/data/names
    [ -d "$DATA" ] || skip "../shared/data/names is not there"
}

# figure WORD LINE: the number after WORD
figure() { sed -n "s/.*\b$1 \([0-9.]*\).*/\1/p" <<< "$2"; }
at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 >= b + 0) }'; }
at_most() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 <= b + 0) }'; }

@test "names of the DPRK: variants are found, at most two false among all pairs of persons" {
    run "$REPORT" "$DATA/ofac_dprk_pairs.tsv" same-name-variant different-name-or-reading \
        "$DATA/ofac_dprk_names.tsv"
    echo "$output"
    [ "$status" -eq 0 ]
    at_least "$(figure 'fold-recall' "${lines[0]}")" 0.95
    at_least "$(figure 'skeleton-recall' "${lines[0]}")" 0.97
    at_least "$(figure 'pairs' "${lines[2]}")" 7750
    at_most "$(figure 'false-fold' "${lines[2]}")" 2
}

@test "Russian and Ukrainian names: variants are found, other names and persons are not" {
    run "$REPORT" "$DATA/ofac_ru_ua_pairs.tsv" same-name different-name
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(figure 'same' "${lines[0]}")" -eq 699 ]
    at_least "$(figure 'fold-recall' "${lines[0]}")" 0.90
    [ "$(figure 'different-name' "${lines[1]}")" -eq 47 ]
    [ "$(figure 'skeleton' "${lines[1]}")" -eq 0 ]
    at_most "$(figure 'false-percent' "${lines[2]}")" 0.05
}

@test "the program says the same as the report" {
    cut -f2,3 "$DATA/ofac_dprk_pairs.tsv" | tail -n +2 > "$BATS_TEST_TMPDIR/pairs.tsv"
    "$WITHHELD" names match --pairs "$BATS_TEST_TMPDIR/pairs.tsv" > "$BATS_TEST_TMPDIR/levels"
    tail -n +2 "$DATA/ofac_dprk_pairs.tsv" | tr -d '\r' | cut -f4 | paste - "$BATS_TEST_TMPDIR/levels" > "$BATS_TEST_TMPDIR/both"
    run "$REPORT" "$DATA/ofac_dprk_pairs.tsv" same-name-variant different-name-or-reading "$DATA/ofac_dprk_names.tsv"
    [ "$(grep -Ec 'same-name-variant.(exact|fold)$' "$BATS_TEST_TMPDIR/both")" -eq "$(figure 'fold' "${lines[0]}")" ]
}
