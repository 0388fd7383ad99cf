# Every byte, page and row: check finds what was changed and says where; reading refuses it as damage or gives what was
# there; nothing is called a wrong passphrase; and no byte is written. The program of tests/fault/*.c is linked with the
# library and opens a vault in milliseconds. The program from outside: tests/cli/damage.bats.

bats_require_minimum_version 1.5.0
load ../cli/helpers
load helpers

setup_file() { fault_build; }
setup() { common_setup; }

@test "keys: every bit flipped" { keeps keys; }
@test "keys: every bit flipped and the checksum made to fit" { keeps forged; }
@test "records.db: bytes flipped in every page, in content, IV, MAC and salt" { keeps bytes; }
@test "records.db: every page put back from every older copy, single, by tables, at random" { keeps pages; }
@test "records.db and keys: wrong lengths" { keeps cut; }
@test "records.db and keys: another file, a folder, a link, a FIFO, nothing in their place" { keeps foreign; }
@test "keys.new and records.db.new that no change of keys left" { keeps planted; }
@test "a journal of another time beside records.db" { keeps journal; }
@test "every row of every table removed" { keeps rows removed; }
@test "every cell exchanged with, and overwritten by, its neighbour" { keeps rows swapped; }
@test "revisions exchanged within a pack, packs cut and joined" { keeps rows packs; }
@test "every cell cut, lengthened, emptied, changed, of another kind" { keeps rows changed; }
@test "rows that belong to nothing, in every table" { keeps rows stray; }
@test "tables, columns, views, indexes and triggers that are not of the format" { keeps rows schema; }
