# Hostile input by lot, the short form: as many changes of good input as take some seconds. `make fuzz` is the long one.

load ../cli/helpers

TOP=$(realpath "$BATS_TEST_DIRNAME/../..")

@test "headers, armor, identities and recipients of age, evidence of authorship, disclosed revisions, bundles, manifests and types of others, rows of copies, manifests and signatures of releases, and files of a release in the gate, that were changed by lot are taken or refused, and nothing else" {
    SEED=$(date +%s)
    echo "seed $SEED"
    cd "$TOP"
    ALONE=2000 SEED=$SEED O=${O:-build} run sh tests/fuzz/run.sh
    echo "$output"
    [ "$status" = 0 ]
    [ "$(grep -c 'changes of each' <<< "$output")" = 12 ]
}
