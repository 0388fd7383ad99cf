/*
 * slip39_vectors.h - the test vectors of SLIP-0039, passphrase TREZOR.
 *
 * From trezor/python-shamir-mnemonic, vectors.json (MIT): every third of them, so that each kind is there.
 */
#ifndef TESTS_SLIP39_VECTORS_H
#define TESTS_SLIP39_VECTORS_H

#include "vault/base/err.h"

struct slip39_vector {
    const char *what;
    const char *secret;         /* hexadecimal; NULL: `err` instead */
    vault_err err;
    const char *share[4];       /* ends with NULL */
};

static const struct slip39_vector vectors[] = {
    {"1. Valid mnemonic without sharing (128 bits)",
        "bb54aac4b89dc868ba37d9cc21b2cece", VAULT_OK,
        {"duckling enlarge academic academic agency result length solution fridge kidney coal "
        "piece deal husband erode duke ajar critical decision keyboard"}},
    {"4. Basic sharing 2-of-3 (128 bits)",
        "b43ceb7e57a0ea8766221624d01b0864", VAULT_OK,
        {"shadow pistol academic always adequate wildlife fancy gross oasis cylinder mustang "
        "wrist rescue view short owner flip making coding armed",
        "shadow pistol academic acid actress prayer class unknown daughter sweater depict "
        "flip twice unkind craft early superior advocate guest smoking"}},
    {"7. Mnemonics with different iteration exponents (128 bits)",
        NULL, VAULT_ERR_INPUT,
        {"peasant leaves academic acid desert exact olympic math alive axle trial tackle drug "
        "deny decent smear dominant desert bucket remind",
        "peasant leader academic agency cultural blessing percent network envelope medal junk "
        "primary human pumps jacket fragment payroll ticket evoke voice"}},
    {"10. Mnemonics with greater group threshold than group counts (128 bits)",
        NULL, VAULT_ERR_INPUT,
        {"music husband acrobat acid artist finance center either graduate swimming object "
        "bike medical clothes station aspect spider maiden bulb welcome",
        "music husband acrobat agency advance hunting bike corner density careful material "
        "civil evil tactics remind hawk discuss hobo voice rainbow",
        "music husband beard academic black tricycle clock mayor estimate level photo episode "
        "exclude ecology papa source amazing salt verify divorce"}},
    {"13. Mnemonics giving an invalid digest (128 bits)",
        NULL, VAULT_ERR_KEY,
        {"guilt walnut academic acid deliver remove equip listen vampire tactics nylon rhythm "
        "failure husband fatigue alive blind enemy teaspoon rebound",
        "guilt walnut academic agency brave hamster hobo declare herd taste alpha slim "
        "criminal mild arcade formal romp branch pink ambition"}},
    {"16. Threshold number of groups, but insufficient number of members in one group (128 bits)",
        NULL, VAULT_ERR_KEY,
        {"eraser senior decision shadow artist work morning estate greatest pipeline plan ting "
        "petition forget hormone flexible general goat admit surface",
        "eraser senior beard romp adorn nuclear spill corner cradle style ancient family "
        "general leader ambition exchange unusual garlic promise voice"}},
    {"19. Threshold number of groups and members in each group (128 bits, case 3)",
        "7c3397a292a5941682d7a4ae2d898d11", VAULT_OK,
        {"eraser senior beard romp adorn nuclear spill corner cradle style ancient family "
        "general leader ambition exchange unusual garlic promise voice",
        "eraser senior acrobat romp bishop medical gesture pumps secret alive ultimate "
        "quarter priest subject class dictate spew material endless market"}},
    {"22. Mnemonic with invalid padding (256 bits)",
        NULL, VAULT_ERR_INPUT,
        {"theory painting academic academic campus sweater year military elder discuss acne "
        "wildlife boring employer fused large satoshi bundle carbon diagnose anatomy hamster "
        "leaves tracks paces beyond phantom capital marvel lips facility obtain sister"}},
    {"25. Mnemonics with different identifiers (256 bits)",
        NULL, VAULT_ERR_INPUT,
        {"smear husband academic acid deadline scene venture distance dive overall parking "
        "bracelet elevator justice echo burning oven chest duke nylon",
        "smear isolate academic agency alpha mandate decorate burden recover guard exercise "
        "fatal force syndrome fumes thank guest drift dramatic mule"}},
    {"28. Mnemonics with mismatching group counts (256 bits)",
        NULL, VAULT_ERR_INPUT,
        {"column flea academic leaf debut extra surface slow timber husky lawsuit game "
        "behavior husky swimming already paper episode tricycle scroll",
        "column flea academic agency blessing garbage party software stadium verify silent "
        "umbrella therapy decorate chemical erode dramatic eclipse replace apart"}},
    {"31. Mnemonics with mismatching member thresholds (256 bits)",
        NULL, VAULT_ERR_INPUT,
        {"evoke garden academic academic answer wolf scandal modern warmth station devote "
        "emerald market physics surface formal amazing aquatic gesture medical",
        "evoke garden academic agency deal revenue knit reunion decrease magazine flexible "
        "company goat repair alarm military facility clogs aide mandate"}},
    {"34. Insufficient number of groups (256 bits, case 2)",
        NULL, VAULT_ERR_KEY,
        {"wildlife deal decision scared acne fatal snake paces obtain election dryer dominant "
        "romp tactics railroad marvel trust helpful flip peanut theory theater photo luck "
        "install entrance taxi step oven network dictate intimate listen",
        "wildlife deal decision smug ancestor genuine move huge cubic strategy smell game "
        "costume extend swimming false desire fake traffic vegan senior twice timber submit "
        "leader payroll fraction apart exact forward pulse tidy install"}},
    {"37. Threshold number of groups and members in each group (256 bits, case 2)",
        "5385577c8cfc6c1a8aa0f7f10ecde0a3318493262591e78b8c14c6686167123b", VAULT_OK,
        {"wildlife deal decision scared acne fatal snake paces obtain election dryer dominant "
        "romp tactics railroad marvel trust helpful flip peanut theory theater photo luck "
        "install entrance taxi step oven network dictate intimate listen",
        "wildlife deal beard romp alcohol space mild usual clothes union nuclear testify "
        "course research heat listen task location thank hospital slice smell failure fawn "
        "helpful priest ambition average recover lecture process dough stadium",
        "wildlife deal decision smug ancestor genuine move huge cubic strategy smell game "
        "costume extend swimming false desire fake traffic vegan senior twice timber submit "
        "leader payroll fraction apart exact forward pulse tidy install"}},
    {"40. Mnemonic with invalid master secret length",
        NULL, VAULT_ERR_INPUT,
        {"fraction necklace academic academic award teammate mouse regular testify coding "
        "building member verdict purchase blind camera duration email prepare spirit quarter"}},
    {"43. Extendable basic sharing 2-of-3 (128 bits)",
        "48b1a4b80b8c209ad42c33672bdaa428", VAULT_OK,
        {"enemy favorite academic acid cowboy phrase havoc level response walnut budget "
        "painting inside trash adjust froth kitchen learn tidy punish",
        "enemy favorite academic always academic sniff script carpet romp kind promise "
        "scatter center unfair training emphasis evening belong fake enforce"}},
};
#define N_VECTORS (sizeof vectors / sizeof vectors[0])

#endif
