/*
 * builtin.c - the types every vault starts with, and those of system records, as one table.
 *
 * Vaults refer to these types by hash. A change here needs a higher version; tests/unit/test_type.c
 * holds the hash of every one and fails otherwise.
 */
#include <pthread.h>

#include "vault/record/type.h"
#include "vault/record/type_build.h"

#define ONE false
#define MANY true
#define COUNT(a) (sizeof(a) / sizeof(a)[0])
/* Sorted by language. */
#define LABELS(en, ru, ko) (struct label[]){{"en", en}, {"ko", ko}, {"ru", ru}}, 3

#define FIELD(name, kind, tier, repeats, role, en, ru, ko) \
    {name, FIELD_##kind, LEAF_##tier, repeats, ROLE_##role, LABELS(en, ru, ko), NULL, 0, ""}
#define LINK(name, repeats, target, en, ru, ko) \
    {name, FIELD_LINK, LEAF_OPEN, repeats, ROLE_NEUTRAL, LABELS(en, ru, ko), NULL, 0, target}
#define CHOICE(name, repeats, role, choices, en, ru, ko) \
    {name, FIELD_CHOICE, LEAF_OPEN, repeats, ROLE_##role, LABELS(en, ru, ko), choices, \
        COUNT(choices), ""}

#define REF FIELD("ref", IDENTIFIER, OPEN, ONE, DIRECT, "Reference", "Учётный номер", "관리 번호")
#define NOTES FIELD("notes", NARRATIVE, WITHHELD, ONE, SENSITIVE, "Notes", "Заметки", "메모")
#define FILES FIELD("files", FILE, WITHHELD, MANY, SENSITIVE, "Files", "Файлы", "파일")

static char *planned_done[] = {"planned", "done"};
static char *consent_uses[] = {"release", "handoff", "court", "statistics"};

static struct field_def person[] = {
    REF,
    FIELD("label", TEXT, OPEN, ONE, NEUTRAL, "Label", "Условное имя", "표시 이름"),
    FIELD("press_name", NAME, OPEN, ONE, DIRECT,
        "Name for the press", "Имя для прессы", "언론 공개용 이름"),
    FIELD("born", DATE, OPEN, ONE, QUASI, "Born", "Дата рождения", "출생일"),
    FIELD("citizenship", CHOICE, OPEN, ONE, QUASI, "Citizenship", "Гражданство", "국적"),
    FIELD("sex", CHOICE, OPEN, ONE, QUASI, "Sex", "Пол", "성별"),
    FIELD("residence", PLACE, OPEN, ONE, QUASI, "Residence", "Место жительства", "거주지"),
    FIELD("occupation", TEXT, OPEN, ONE, QUASI, "Occupation", "Род занятий", "직업"),
    FIELD("name", NAME, WITHHELD, ONE, DIRECT, "Name", "Имя и фамилия", "성명"),
    FIELD("other_names", NAME, WITHHELD, MANY, DIRECT, "Other names", "Другие имена", "다른 이름"),
    FIELD("address", TEXT, WITHHELD, ONE, DIRECT, "Address", "Адрес", "주소"),
    FIELD("family", NARRATIVE, WITHHELD, ONE, SENSITIVE, "Family", "Семья", "가족"),
    FIELD("identifiers", IDENTIFIER, WITHHELD, MANY, DIRECT,
        "Identifying numbers", "Номера документов", "신분증 등 식별 번호"),
    FIELD("contact", TEXT, WITHHELD, ONE, DIRECT, "Contact", "Контакты", "연락처"),
    NOTES,
    FILES,
};

static struct field_def legal_case[] = {
    REF,
    LINK("person", MANY, "person", "Persons concerned", "Кого касается", "당사자"),
    FIELD("title", TEXT, OPEN, ONE, SENSITIVE, "Title", "Название", "제목"),
    FIELD("opened", DATE, OPEN, ONE, QUASI, "Opened", "Дата открытия", "개시일"),
    FIELD("country", CHOICE, OPEN, ONE, QUASI, "Country", "Страна", "국가"),
    FIELD("kind", CHOICE, OPEN, ONE, QUASI, "Kind", "Вид", "종류"),
    FIELD("status", TEXT, OPEN, ONE, SENSITIVE, "Status", "Текущее состояние", "진행 상황"),
    LINK("lawyer", MANY, "person", "Lawyers", "Адвокаты", "변호사"),
    FIELD("next_step", TEXT, OPEN, ONE, SENSITIVE, "Next step", "Следующий шаг", "다음 단계"),
    NOTES,
    FILES,
};

static struct field_def event[] = {
    REF,
    LINK("case", ONE, "case", "Case", "Дело", "사건"),
    FIELD("date", DATE, OPEN, ONE, QUASI, "Date", "Дата", "날짜"),
    FIELD("kind", CHOICE, OPEN, ONE, QUASI, "Kind", "Вид", "종류"),
    FIELD("place", PLACE, OPEN, ONE, QUASI, "Place", "Место", "장소"),
    CHOICE("status", ONE, NEUTRAL, planned_done, "Status", "Статус", "상태"),
    FIELD("summary", NARRATIVE, OPEN, ONE, SENSITIVE, "Summary", "Краткое описание", "개요"),
    NOTES,
    FILES,
};

static struct field_def document[] = {
    REF,
    LINK("case", ONE, "case", "Case", "Дело", "사건"),
    FIELD("title", TEXT, OPEN, ONE, SENSITIVE, "Title", "Название", "제목"),
    FIELD("date", DATE, OPEN, ONE, QUASI, "Date", "Дата", "날짜"),
    FIELD("kind", CHOICE, OPEN, ONE, QUASI, "Kind", "Вид", "종류"),
    FIELD("language", CHOICE, OPEN, ONE, QUASI, "Language", "Язык", "언어"),
    NOTES,
    FILES,
};

static struct field_def organisation[] = {
    REF,
    FIELD("name", NAME, OPEN, ONE, QUASI, "Name", "Название", "명칭"),
    FIELD("country", CHOICE, OPEN, ONE, QUASI, "Country", "Страна", "국가"),
    FIELD("kind", CHOICE, OPEN, ONE, QUASI, "Kind", "Вид", "종류"),
    FIELD("contact", TEXT, OPEN, ONE, DIRECT, "Contact", "Контакты", "연락처"),
};

/* About many people at once, and mostly public already. */
static struct field_def statistic[] = {
    REF,
    FIELD("period", DATE, OPEN, ONE, NEUTRAL, "Period", "Период", "기간"),
    FIELD("population", TEXT, OPEN, ONE, NEUTRAL, "Population", "Группа людей", "대상 집단"),
    FIELD("measure", TEXT, OPEN, ONE, NEUTRAL, "Measure", "Показатель", "지표"),
    FIELD("count", NUMBER, OPEN, ONE, NEUTRAL, "Count", "Количество", "수"),
    FIELD("of", NUMBER, OPEN, ONE, NEUTRAL, "Out of", "Из общего числа", "전체 수"),
    FIELD("source", TEXT, OPEN, ONE, NEUTRAL, "Source", "Источник", "출처"),
};

static struct field_def consent[] = {
    REF,
    LINK("person", ONE, "person", "Person", "Кто даёт согласие", "동의자"),
    FIELD("audience", TEXT, OPEN, ONE, NEUTRAL, "Audience", "Для кого", "공개 대상"),
    CHOICE("uses", MANY, NEUTRAL, consent_uses, "Uses", "Для чего", "사용 목적"),
    FIELD("given", DATE, OPEN, ONE, QUASI, "Given", "Дата согласия", "동의일"),
    FIELD("expires", DATE, OPEN, ONE, QUASI, "Expires", "Действует до", "만료일"),
    FIELD("withdrawn", DATE, OPEN, ONE, QUASI, "Withdrawn", "Дата отзыва", "철회일"),
    FILES,
};

#define TYPE(name, fields, en, ru, ko) \
    {name, 1, LABELS(en, ru, ko), fields, COUNT(fields), {0}}

static struct type_def builtin[] = {
    TYPE("person", person, "Person", "Человек", "인물"),
    TYPE("case", legal_case, "Case", "Дело", "사건"),
    TYPE("event", event, "Event", "Событие", "경과 사항"),
    TYPE("document", document, "Document", "Документ", "문서"),
    TYPE("organisation", organisation, "Organisation", "Организация", "단체"),
    TYPE("statistic", statistic, "Statistic", "Статистика", "통계"),
    TYPE("consent", consent, "Consent", "Согласие", "동의"),
};

/* ---- format.md section 13: no labels, no choices, nothing repeats ---- */

#define SYSTEM_FIELD(name, kind, tier) \
    {name, FIELD_##kind, LEAF_##tier, ONE, ROLE_NEUTRAL, NULL, 0, NULL, 0, ""}

static struct field_def system_type[] = {
    SYSTEM_FIELD("definition", BYTES, OPEN),
};

static struct field_def system_slot[] = {
    SYSTEM_FIELD("author", BYTES, OPEN),
    SYSTEM_FIELD("index", NUMBER, OPEN),
    SYSTEM_FIELD("kind", NUMBER, OPEN),
    SYSTEM_FIELD("state", TEXT, OPEN),
    SYSTEM_FIELD("tier", NUMBER, OPEN),
    SYSTEM_FIELD("x25519", BYTES, OPEN),
    SYSTEM_FIELD("slot_key", BYTES, WITHHELD),
};

static struct field_def system_card[] = {
    SYSTEM_FIELD("card", BYTES, OPEN),
};

/* What a keeper destroyed; `leaves` are the c of the values. */
static struct field_def system_tombstone[] = {
    SYSTEM_FIELD("record", BYTES, OPEN),
    SYSTEM_FIELD("what", TEXT, OPEN),
    SYSTEM_FIELD("field", TEXT, OPEN),
    SYSTEM_FIELD("leaves", BYTES, OPEN),
};

/* What a rekey leaves behind, for opening only. */
static struct field_def system_former[] = {
    SYSTEM_FIELD("card", BYTES, OPEN),
    SYSTEM_FIELD("case_seed", BYTES, OPEN),
    SYSTEM_FIELD("nsk", BYTES, WITHHELD),
};

/* What a repair could not save: revisions, values (their c), bytes of files (tier and first row), details of the log (rows). */
static struct field_def system_lost[] = {
    SYSTEM_FIELD("record", BYTES, OPEN),
    SYSTEM_FIELD("revisions", BYTES, OPEN),
    SYSTEM_FIELD("leaves", BYTES, OPEN),
    SYSTEM_FIELD("files", BYTES, OPEN),
    SYSTEM_FIELD("details", BYTES, OPEN),
};

/* A keeper says that two records are of one person; without `into`, that he takes it back. */
static struct field_def system_same[] = {
    SYSTEM_FIELD("record", BYTES, OPEN),
    SYSTEM_FIELD("into", BYTES, OPEN),
};

/* And that two are not, however much they look it. */
static struct field_def system_apart[] = {
    SYSTEM_FIELD("first", BYTES, OPEN),
    SYSTEM_FIELD("second", BYTES, OPEN),
};

/* The card of another vault, under the name that people here have for it; without `card`, that it is no contact any more. */
static struct field_def system_contact[] = {
    SYSTEM_FIELD("name", TEXT, OPEN),
    SYSTEM_FIELD("state", TEXT, OPEN),
    SYSTEM_FIELD("card", BYTES, OPEN),
};

/* What was handed over: a bundle that was taken in, or the receipt of the other side for one of ours (`proof`, with its signatures). */
static struct field_def system_receipt[] = {
    SYSTEM_FIELD("bundle", BYTES, OPEN),
    SYSTEM_FIELD("kind", TEXT, OPEN),
    SYSTEM_FIELD("card", BYTES, OPEN),
    SYSTEM_FIELD("file", BYTES, OPEN),
    SYSTEM_FIELD("proof", BYTES, OPEN),
};

/* Values that a bundle has not, of revisions that it brought (record and c each); and such as came later after all. */
static struct field_def system_left_out[] = {
    SYSTEM_FIELD("left_out", BYTES, OPEN),
    SYSTEM_FIELD("arrived", BYTES, OPEN),
};

/* Why revisions by others are believed, as a bundle brought it: a part of its evidence. */
static struct field_def system_origin[] = {
    SYSTEM_FIELD("bundle", BYTES, OPEN),
    SYSTEM_FIELD("number", NUMBER, OPEN),
    SYSTEM_FIELD("part", NUMBER, OPEN),
    SYSTEM_FIELD("evidence", BYTES, OPEN),
};

/* A type as another vault has it: for reading what was written there, never in force here. */
static struct field_def system_their_type[] = {
    SYSTEM_FIELD("definition", BYTES, OPEN),
};

/* That records (their ids) go to a contact whenever they change, or no longer; with the hash of its card then. */
static struct field_def system_share[] = {
    SYSTEM_FIELD("records", BYTES, OPEN),
    SYSTEM_FIELD("contact", TEXT, OPEN),
    SYSTEM_FIELD("state", TEXT, OPEN),
    SYSTEM_FIELD("card", BYTES, OPEN),
};

/* What a bundle in a folder for standing exchange holds (`items`), to whom, and how the file is known. */
static struct field_def system_sent[] = {
    SYSTEM_FIELD("tag", BYTES, OPEN),
    SYSTEM_FIELD("card", BYTES, OPEN),
    SYSTEM_FIELD("mark", BYTES, OPEN),
    SYSTEM_FIELD("state", TEXT, OPEN),
    SYSTEM_FIELD("items", BYTES, OPEN),
};

/* A part of what was released, to whom, about whom (`content`: vault/ledger.h). */
static struct field_def system_release[] = {
    SYSTEM_FIELD("release", BYTES, OPEN),
    SYSTEM_FIELD("part", NUMBER, OPEN),
    SYSTEM_FIELD("content", BYTES, WITHHELD),
};

/* An audience and the secret that its pseudonyms come from; without both, that the secret was destroyed. */
static struct field_def system_audience[] = {
    SYSTEM_FIELD("state", TEXT, OPEN),
    SYSTEM_FIELD("name", TEXT, WITHHELD),
    SYSTEM_FIELD("secret", BYTES, WITHHELD),
};

/* What a keeper decided of something that a release would tell: `subject` says of what, `text` what stands there instead. */
static struct field_def system_judged[] = {
    SYSTEM_FIELD("what", TEXT, OPEN),
    SYSTEM_FIELD("subject", BYTES, WITHHELD),
    SYSTEM_FIELD("text", TEXT, WITHHELD),
};

#define SYSTEM_TYPE(name, fields) {name, 1, NULL, 0, fields, COUNT(fields), {0}}

static struct type_def system_types[] = {
    SYSTEM_TYPE("_type", system_type),
    SYSTEM_TYPE("_slot", system_slot),
    SYSTEM_TYPE("_card", system_card),
    SYSTEM_TYPE("_former", system_former),
    SYSTEM_TYPE("_tombstone", system_tombstone),
    SYSTEM_TYPE("_lost", system_lost),
    SYSTEM_TYPE("_same", system_same),
    SYSTEM_TYPE("_apart", system_apart),
    SYSTEM_TYPE("_contact", system_contact),
    SYSTEM_TYPE("_receipt", system_receipt),
    SYSTEM_TYPE("_left_out", system_left_out),
    SYSTEM_TYPE("_origin", system_origin),
    SYSTEM_TYPE("_their_type", system_their_type),
    SYSTEM_TYPE("_share", system_share),
    SYSTEM_TYPE("_sent", system_sent),
    SYSTEM_TYPE("_release", system_release),
    SYSTEM_TYPE("_audience", system_audience),
    SYSTEM_TYPE("_judged", system_judged),
};

/* The second byte of the record ids of each. */
static const uint8_t system_kind[COUNT(system_types)] = { 1, 2, 3, 11, 9, 12, 10, 13, 5, 8, 14, 15, 16, 17, 18, 6, 7, 19 };

/* ---- their hashes, computed once; nothing else is ever written here ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const struct type_def *list[COUNT(builtin)];
static bool sealed;

static void
seal_all(void)
{
    for (size_t i = 0; i < COUNT(builtin); i++) {
        if (type_seal(&builtin[i]) != VAULT_OK)
            return;
        list[i] = &builtin[i];
    }
    for (size_t i = 0; i < COUNT(system_types); i++)
        if (type_seal(&system_types[i]) != VAULT_OK)
            return;
    sealed = true;
}

size_t
types_builtin(const struct type_def *const **out)
{
    pthread_once(&once, seal_all);
    *out = sealed ? list : NULL;
    return sealed ? COUNT(list) : 0;
}

const struct type_def *
type_system(uint8_t kind)
{
    pthread_once(&once, seal_all);
    for (size_t i = 0; sealed && i < COUNT(system_types); i++)
        if (system_kind[i] == kind)
            return &system_types[i];
    return NULL;
}
