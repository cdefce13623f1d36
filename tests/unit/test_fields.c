/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every row of edgexdp/fields.h, passed through everything that handles fields: policies that ask
 * for it, and packets on both sides of each border of the values that they want. If the reader,
 * lint, compiler, judge, explain, diff, export, notation, event, or the generators of random
 * policies and packets forget a field, this test fails; the field needs no test of its own.
 */
#include "check.h"

#include "../../loader/base/labels.h"
#include "../../loader/compile/cover.h"
#include "../../loader/compile/lint.h"
#include "../../loader/explain/explain.h"
#include "../../loader/export/export.h"
#include "../../loader/judge/frame_build.h"
#include "../../loader/policy/grammar.h"
#include "../../loader/policy/match.h"
#include "../../loader/policy/notation.h"
#include "../shared/edits.h"
#include "../shared/random.h"
#include "../shared/random_inside.h"
#include "compared.h"
#include "sample.h"

static void frame_of(const struct packet_notation *packet, struct wire *wire)
{
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES];

    wire->direction = packet->direction;
    wire->length = frame_build(packet, frame);
    memcpy(wire->bytes, frame, wire->length);
}

static const char *named(const struct court *court, const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_RULE
               ? court->policy->rules[court->image->entries[outcome->rule].rule].name
               : NULL;
}

/* Both judges find the rule for values inside, and only for those. */
static void check_judges(const struct sample *sample)
{
    static struct wire wire;

    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++) {
        CLEANUP_FREE char *text =
            sample_policy(sample, direction_names[direction], sample->text, "accept");
        struct court court;

        court_open(&court, text);
        for (int border = 0; border < BORDERS; border++) {
            struct packet_notation packet =
                sample_packet(sample, direction, sample_value(sample, border));
            char native[SAID_BYTES], notation[NOTATION_TEXT_BYTES];

            frame_of(&packet, &wire);
            court_forget(&court);
            struct said said = court_brute(&court, &wire, 1);
            court_native(&court, &wire, 1, native);
            if (!said_matches(&said, native) ||
                strcmp(native,
                       border_is_inside(border) ? "accept rule r" : "drop reason default") != 0)
                fail_msg("%s: %s, and in other words %s, of %s", notation_print(&packet, notation),
                         native, said.text, text);
        }
        court_close(&court);
    }
}

static void judges_ask_for_it(void **state)
{
    (void)state;
    sample_each(check_judges);
}

/* A packet that is only spoken of: if the rule accepts, the service's answer goes out whatever
 * value its request had; a rule that drops by the field does not stop it. */
static void check_answers(const struct sample *sample)
{
    struct packet_notation packet = sample_packet(sample, DIRECTION_OUT, sample_value(sample, 0));
    const char *const actions[] = {"accept", "drop"};
    static struct wire wire;

    for (size_t i = 0; field_is_untold(sample->field) && i < ARRAY_SIZE(actions); i++) {
        CLEANUP_FREE char *one = sample_policy(sample, "in", sample->text, actions[i]),
                          *text = NULL;
        struct court court;
        char native[SAID_BYTES];

        if (asprintf(&text, "%s[rule all]\ndirection = in\naction = accept\n", one) < 0)
            abort();
        court_open(&court, text);
        frame_of(&packet, &wire);
        struct said said = court_brute(&court, &wire, 1);
        court_native(&court, &wire, 1, native);
        if (!said_matches(&said, native))
            fail_msg("%s, and in other words %s, of %s", native, said.text, text);
        assert_string_equal(native, i ? "accept reply all" : "accept reply r");
        court_close(&court);
    }
}

static void answers_do_not_tell_it(void **state)
{
    (void)state;
    sample_each(check_answers);
}

/* The trace names the field and its value; a packet mended accordingly matches the rule. */
static void check_explanation(const struct sample *sample)
{
    CLEANUP_FREE char *text = sample_policy_both(sample, sample->text, "accept");
    const char *what = field_rows[sample->field].what[sample->family - 1];
    const char *wished = sample->field == FIELD_LENGTH ? " bytes long" : what;
    static struct wire wire;
    struct court court;

    court_open(&court, text);
    for (int border = 0; border < BORDERS; border++) {
        struct packet_notation packet =
            sample_packet(sample, DIRECTION_IN, sample_value(sample, border));
        struct decision decision = {.file = court.policy->path};
        struct explanation explanation;
        char why[MISFIT_TEXT_BYTES], wish[MISFIT_TEXT_BYTES];
        struct probe mended;

        frame_of(&packet, &wire);
        court_forget(&court);
        decision.outcome = court_outcome(&court, &wire, 1);
        decision.rule = named(&court, &decision.outcome);
        assert_int_equal(explain(court.policy, &packet, &decision, &explanation), 0);
        assert_int_equal(explanation.trace_count, !border_is_inside(border));
        /* A packet of another family is no miss by a little: it has other addresses. */
        assert_int_equal(explanation.near_count,
                         !border_is_inside(border) && sample->field != FIELD_FAMILY);
        if (explanation.trace_count) {
            const struct rule *rule = court.policy->rules;
            assert_int_equal(explanation.trace[0].field, sample->field);
            assert_string_equal(
                misfit_field_name(rule, &explanation.asked, explanation.trace[0].field),
                field_rows[sample->field].name);
            misfit_why(rule, &explanation.asked, sample->field, why);
            misfit_wish(rule, &explanation.asked, sample->field, wish);
            const char *negation = strstr(why, " not ");
            if (sample->field == FIELD_TCP_FLAGS)
                assert_string_equal(wish, "ECE were set and CWR clear");
            else
                assert_non_null(strstr(wish, wished));
            if (!strstr(why, what) || !negation || !negation[strlen(" not ")])
                fail_msg("%s: why \"%s\", wish \"%s\"", field_rows[sample->field].name, why, wish);
            misfit_mend(rule, &explanation.asked, sample->field, &mended);
            assert_int_equal(!rule_misfits(rule, &mended), explanation.near_count);
        }
        explanation_clear(&explanation);
    }
    court_close(&court);
}

static void explain_names_it(void **state)
{
    (void)state;
    sample_each(check_explanation);
}

/* Without the key, every value outside is judged differently, and no value inside. */
static void check_difference(const struct sample *sample)
{
    CLEANUP_FREE char *with = sample_policy_both(sample, sample->text, "accept");
    CLEANUP_FREE char *without = sample_policy_both(sample, NULL, "accept");
    static struct wire wire;
    struct compared compared;

    compared_open(&compared, without, with);
    for (int border = 0; border < BORDERS; border++) {
        struct packet_notation packet =
            sample_packet(sample, DIRECTION_IN, sample_value(sample, border));
        CLEANUP_FREE char *text = difference_text(&compared.difference);
        unsigned int holding = 0;
        struct brute_packet read;

        frame_of(&packet, &wire);
        assert_null(brute_decode(wire.bytes, wire.length, &read));
        for (size_t i = 0; i < compared.difference.count; i++)
            holding += tuple_holds(&compared.difference.tuples[i], DIRECTION_IN, &read);
        if (holding != !border_is_inside(border))
            fail_msg("%s, border %d: %u tuples of\n%s", field_rows[sample->field].name, border,
                     holding, text);
        if (field_is_untold(sample->field))
            assert_non_null(strstr(text, field_rows[sample->field].what[0]));
    }
    compared_close(&compared);
}

static void diff_compares_it(void **state)
{
    (void)state;
    sample_each(check_difference);
}

/* The rule has a line that names both ends of the values that it wants. */
static void check_export(const struct sample *sample)
{
    CLEANUP_FREE char *text = sample_policy_both(sample, sample->text, "accept");
    CLEANUP_FREE char *made = NULL;
    size_t size;
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(text, diag);
    FILE *stream = open_memstream(&made, &size);
    char wanted[128];

    export_nftables(policy, NULL, "wan0", stream);
    fclose(stream);
    snprintf(wanted, sizeof(wanted), "%s",
             sample->field == FIELD_TCP_FLAGS ? "tcp flags & (ecn | cwr) == ecn" : sample->text);
    if (sample->field == FIELD_FRAGMENT)
        snprintf(wanted, sizeof(wanted), "%s",
                 sample->family == FAMILY_IPV4 ? "ip frag-off & 0x3fff == 0x2000 counter accept"
                                               : "frag frag-off 0 frag more-fragments 1 counter");
    if (field_rows[sample->field].kind == KIND_NUMBERS)
        snprintf(wanted, sizeof(wanted), "%s %s",
                 number_rows[sample->field].nft[sample->family - 1], sample->text);
    if (!strstr(made, wanted))
        fail_msg("no %s in\n%s", wanted, made);
    policy_free(policy);
    diag_free(diag);
}

static void export_writes_it(void **state)
{
    (void)state;
    sample_each(check_export);
}

static void check_notation(const struct sample *sample)
{
    for (int border = 0; border < BORDERS; border++) {
        struct packet_notation packet =
            sample_packet(sample, DIRECTION_IN, sample_value(sample, border));
        struct packet_notation again;
        char text[NOTATION_TEXT_BYTES];
        struct fault fault;

        notation_print(&packet, text);
        if (notation_parse(text, &again, &fault))
            fail_msg("%s: %s", text, fault.text);
        assert_memory_equal(&packet, &again, sizeof(packet));
    }
}

static void notation_says_it(void **state)
{
    (void)state;
    sample_each(check_notation);
}

/* A rule that wants more values hides one that wants fewer, and not the other way round. */
static void check_cover(const struct sample *sample)
{
    CLEANUP_FREE char *some = sample_policy_both(sample, sample->text, "accept");
    CLEANUP_FREE char *any = sample_policy_both(sample, "any", "accept");
    struct diag *diag = diag_new();
    struct policy *narrow = good_policy(some, diag), *wide = good_policy(any, diag);
    u64 steps = 1000;

    assert_true(wide->rules[0].matches[sample->field].any);
    assert_false(narrow->rules[0].matches[sample->field].any);
    assert_true(rule_covers(&wide->rules[0], &narrow->rules[0], &steps));
    assert_true(rule_covers(&narrow->rules[0], &narrow->rules[0], &steps));
    assert_false(rule_covers(&narrow->rules[0], &wide->rules[0], &steps));
    policy_free(narrow);
    policy_free(wide);
    diag_free(diag);
}

static void lint_compares_it(void **state)
{
    (void)state;
    sample_each(check_cover);
}

/* A replay tells the same of a packet as a monitor: the numbers beside the frame come from the
 * judge. */
static void check_replay(const struct sample *sample)
{
    CLEANUP_FREE char *text = sample_policy_both(sample, sample->text, "accept");
    static struct wire wire;
    struct court court;

    court_open(&court, text);
    for (int border = 0; border < BORDERS; border++) {
        struct packet_notation packet =
            sample_packet(sample, DIRECTION_IN, sample_value(sample, border));
        struct event event;

        frame_of(&packet, &wire);
        const struct captured captured = {wire.bytes, (u32)wire.length, (u32)wire.length};
        struct outcome outcome =
            native_judge_captured(court.native, DIRECTION_IN, &captured, SECOND_NS);
        native_tell(court.native, &event);
        assert_false(native_was_cut(court.native));
        assert_int_equal(outcome.kind == OUTCOME_RULE, border_is_inside(border));
        assert_memory_equal(event.frame, wire.bytes, event.captured_bytes);
    }
    court_close(&court);
}

static void replay_asks_for_it(void **state)
{
    (void)state;
    sample_each(check_replay);
}

/* Random policies ask for every field, edits change the values that they want, and random packets
 * lie on both sides of the borders. */
static unsigned int asked[FIELDS], met[FIELDS], missed[FIELDS];
static unsigned int least[FIELDS], greatest[FIELDS];

static void count_numbers(const struct brute_packet *packet)
{
    for (enum field field = 0; field < FIELDS; field++) {
        if (!field_is_untold(field))
            continue;
        unsigned int number = brute_number(packet, field);
        least[field] = number < least[field] ? number : least[field];
        greatest[field] = number > greatest[field] ? number : greatest[field];
    }
}

static void count_traffic(const char *text, struct dice *dice, unsigned int packets)
{
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(text, diag);
    struct traffic traffic = {.dice = dice, .policy = policy};

    for (unsigned int i = 0; i < packets; i++) {
        static struct wire wire;
        struct brute_packet packet;
        struct exchange exchange;
        char line[WIRE_TEXT];

        exchange_next(&traffic, &exchange);
        wire_read(exchange_print(&exchange, line), &wire);
        if (brute_decode(wire.bytes, wire.length, &packet) || packet.later_fragment)
            continue;
        packet.arrives = dice_below(dice, 4);
        count_numbers(&packet);
        for (size_t rule = 0; rule < policy->rule_count; rule++)
            for (enum field field = 0; field < FIELDS; field++) {
                const struct match *match = &policy->rules[rule].matches[field];
                bool meets = match->any || brute_meets(&policy->rules[rule], field, &packet);
                asked[field] += !match->any;
                met[field] += !match->any && meets;
                missed[field] += !meets;
            }
    }
    policy_free(policy);
    diag_free(diag);
}

static void generators_make_it(void **state)
{
    struct effort effort = {.seed = 1, .policies = 150, .packets = 40};

    (void)state;
    memset(least, 0xff, sizeof(least));
    trials_run(&effort, count_traffic);
    for (enum field field = 0; field < FIELDS; field++) {
        if (field_is_untold(field))
            assert_true(least[field] < greatest[field]);
        if (!asked[field] || !met[field] || !missed[field])
            fail_msg("%s: %u rules and packets, of which %u meet and %u do not",
                     field_rows[field].name, asked[field], met[field], missed[field]);
    }
}

/* Every row is a key that has its texts for people, and the manual describes it. */
static void people_are_told(void **state)
{
    CLEANUP_FREE char *manual = NULL;
    size_t size = 0;
    FILE *stream = fopen(MANUAL, "r");

    (void)state;
    assert_non_null(stream);
    assert_true(getdelim(&manual, &size, '\0', stream) > 0);
    fclose(stream);
    for (enum field field = 0; field < FIELDS; field++) {
        const struct field_row *row = &field_rows[field];
        const struct grammar_key *key =
            grammar_find_key(&grammar_sections[SECTION_RULE], piece_of(row->name), NULL);
        bool told = false;

        assert_non_null(key);
        assert_true(key->values[0] && key->summary[0] && row->what[0][0] && row->what[1][0]);
        for (const char *at = manual; (at = strstr(at, "\n.It Ic ")) && !told; at++) {
            CLEANUP_FREE char *line = strndup(at + 1, strcspn(at + 1, "\n"));
            const char *found = strstr(line, row->name);
            told = found && strchr(" ,", found[-1]) && strchr(" ,", found[strlen(row->name)]);
        }
        if (!told)
            fail_msg("%s is not in edgexdp-policy(5)", row->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_ask_for_it),  cmocka_unit_test(answers_do_not_tell_it),
        cmocka_unit_test(explain_names_it),   cmocka_unit_test(diff_compares_it),
        cmocka_unit_test(export_writes_it),   cmocka_unit_test(notation_says_it),
        cmocka_unit_test(lint_compares_it),   cmocka_unit_test(replay_asks_for_it),
        cmocka_unit_test(generators_make_it), cmocka_unit_test(people_are_told),
    };

    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
