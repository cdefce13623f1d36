/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flags.h"

#include <edgexdp/tcp_flags.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../base/nearest.h"

#define COMBINATIONS 256
#define WORDS        (COMBINATIONS / 64)

const char *const flag_names[FLAG_COUNT] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};

/* People name the flags that matter most first. */
static const u8 in_order[FLAG_COUNT] = {TCP_SYN, TCP_ACK, TCP_FIN, TCP_RST,
                                        TCP_PSH, TCP_URG, TCP_ECE, TCP_CWR};

static const char *name_of(u8 flag)
{
    return flag_names[__builtin_ctz(flag)];
}

bool flag_find(struct piece name, u8 *flag)
{
    for (int bit = 0; bit < FLAG_COUNT; bit++) {
        *flag = (u8)(1 << bit);
        if (piece_is_keyword(name, flag_names[bit]))
            return true;
    }
    return false;
}

static int read_flag(struct piece name, u8 *flag, struct fault *fault)
{
    struct nearest nearest = nearest_to(name.text, name.length);

    if (flag_find(name, flag))
        return 0;
    for (int bit = 0; bit < FLAG_COUNT; bit++)
        nearest_try(&nearest, flag_names[bit]);
    if (nearest.word)
        return fault_set(fault, 0, name.length, "unknown flag \"%s\"%s", quote(name).text,
                         nearest_hint(&nearest).text);
    return fault_set(fault, 0, name.length,
                     "unknown flag \"%s\": there are fin, syn, rst, psh, ack, urg, ece and cwr",
                     quote(name).text);
}

/* Reads one flag, with or without a ! before it, into CONJUNCTION. */
static int read_term(struct piece term, struct conjunction *conjunction, struct fault *fault)
{
    bool negated = term.length && term.text[0] == '!';
    struct piece name = piece_trim(piece_part(term, negated, term.length));
    u8 flag;

    if (!name.length)
        return fault_set(fault, 0, term.length ? term.length : 1,
                         "a flag is missing: flags are joined by +, as in syn+!ack");
    if (read_flag(name, &flag, fault)) {
        fault->at += (size_t)(name.text - term.text);
        return -EINVAL;
    }
    if ((negated ? conjunction->set : conjunction->clear) & flag)
        return fault_set(fault, 0, term.length,
                         "%s cannot be both set and clear: a comma, not a +, stands between "
                         "alternatives",
                         name_of(flag));
    *(negated ? &conjunction->clear : &conjunction->set) |= flag;
    return 0;
}

int conjunction_read(struct piece text, struct conjunction *conjunction, struct fault *fault)
{
    struct conjunction made = {0};

    for (size_t at = 0, plus; at <= text.length; at = plus + 1) {
        struct piece rest = piece_part(text, at, text.length), term;

        plus = at + piece_find(rest, '+');
        term = piece_trim(piece_part(text, at, plus - at));
        if (read_term(term, &made, fault)) {
            fault->at += (size_t)(term.text - text.text);
            return -EINVAL;
        }
    }
    *conjunction = made;
    return 0;
}

int conjunction_add(struct conjunction conjunction, struct number_list *list)
{
    int error = 0;

    for (u16 first = 0, end; first < COMBINATIONS && !error; first = end) {
        bool holds = conjunction_holds(conjunction, first);

        for (end = first + 1; end < COMBINATIONS && conjunction_holds(conjunction, end) == holds;)
            end++;
        if (holds)
            error = number_list_add(list, (struct number_range){first, (u16)(end - 1)});
    }
    return error;
}

static void add_word(char *text, const char *before, const char *word)
{
    if (*text)
        strcat(text, before);
    strcat(text, word);
}

char *conjunction_print(struct conjunction conjunction, char text[CONJUNCTION_BYTES])
{
    *text = '\0';
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (conjunction.set & in_order[i])
            add_word(text, "+", name_of(in_order[i]));
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (conjunction.clear & in_order[i]) {
            add_word(text, "+", "!");
            strcat(text, name_of(in_order[i]));
        }
    if (!*text)
        strcpy(text, "any");
    return text;
}

char *flags_print(u8 flags, char text[CONJUNCTION_BYTES])
{
    *text = '\0';
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (flags & in_order[i])
            add_word(text, " ", name_of(in_order[i]));
    if (!*text)
        strcpy(text, "none");
    return text;
}

/* A set of combinations, a bit for each. */
struct combinations {
    u64 words[WORDS];
};

static struct combinations combinations_of(struct conjunction conjunction)
{
    u64 word = tcp_flags_combinations(conjunction.set, conjunction.clear);
    u8 upper = (conjunction.set | conjunction.clear) & (u8)~TCP_FLAGS_LISTED;
    struct combinations made = {{0}};

    for (unsigned int i = 0; i < WORDS; i++) /* which word it is, the upper flags say */
        if ((i << 6 & upper) == (conjunction.set & upper))
            made.words[i] = word;
    return made;
}

static bool is_within(const struct combinations *inner, const struct combinations *outer)
{
    for (int i = 0; i < WORDS; i++)
        if (inner->words[i] & ~outer->words[i])
            return false;
    return true;
}

static int count_common(const struct combinations *a, const struct combinations *b)
{
    int count = 0;

    for (int i = 0; i < WORDS; i++)
        count += __builtin_popcountll(a->words[i] & b->words[i]);
    return count;
}

static void remove_from(struct combinations *set, const struct combinations *gone)
{
    for (int i = 0; i < WORDS; i++)
        set->words[i] &= ~gone->words[i];
}

/* Finds the conjunction within ALL that holds most of what is LEFT: among equals one that asks for
 * the fewest flags, and among those for the most to be set, which is what people think of. */
static struct conjunction find_best(const struct combinations *all, const struct combinations *left)
{
    struct conjunction best = {0};
    int most = 0, effort = 0;

    for (unsigned int set = 0; set < COMBINATIONS; set++)
        for (unsigned int clear = 0; clear < COMBINATIONS; clear++) {
            struct conjunction one = {(u8)set, (u8)clear};
            int flags = __builtin_popcount(set | clear);
            int takes = flags * FLAG_COUNT + __builtin_popcount(clear);

            if (set & clear || 1 << (FLAG_COUNT - flags) < most)
                continue;
            struct combinations holds = combinations_of(one);
            int common = is_within(&holds, all) ? count_common(&holds, left) : 0;
            if (common > most || (common && common == most && takes < effort)) {
                most = common;
                effort = takes;
                best = one;
            }
        }
    return best;
}

/* Leaves out those that the others make superfluous. Returns how many are kept. */
static size_t drop_superfluous(struct conjunction *list, size_t count)
{
    for (size_t i = 0; count > 1 && i < count;) {
        struct combinations rest = combinations_of(list[i]);

        for (size_t j = 0; j < count; j++) {
            struct combinations other = combinations_of(list[j]);
            if (j != i)
                remove_from(&rest, &other);
        }
        if (count_common(&rest, &rest))
            i++;
        else
            memmove(&list[i], &list[i + 1], (--count - i) * sizeof(*list));
    }
    return count;
}

static void add_ranges(struct combinations *set, const struct number_ranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++)
        for (unsigned int flags = ranges->ranges[i].first;
             flags <= ranges->ranges[i].last && flags < COMBINATIONS; flags++)
            set->words[flags / 64] |= 1ull << flags % 64;
}

/* Finds conjunctions that hold all of LEFT and nothing that is not in ALL. */
static size_t find_all(const struct combinations *all, struct combinations left,
                       struct conjunction conjunctions[CONJUNCTIONS_MAX])
{
    size_t count = 0;

    while (count < CONJUNCTIONS_MAX && count_common(&left, &left)) {
        struct combinations taken;

        conjunctions[count] = find_best(all, &left);
        taken = combinations_of(conjunctions[count++]);
        remove_from(&left, &taken);
    }
    return drop_superfluous(conjunctions, count);
}

size_t flags_conjunctions(const struct number_ranges *set,
                          struct conjunction conjunctions[CONJUNCTIONS_MAX])
{
    struct combinations all = {{0}};

    add_ranges(&all, set);
    return find_all(&all, all, conjunctions);
}

int flags_simplify(struct number_ranges *set, const struct number_ranges *more)
{
    struct conjunction conjunctions[CONJUNCTIONS_MAX];
    struct combinations left = {{0}}, all;
    struct number_list made = {0};
    int error = 0;

    add_ranges(&left, set);
    all = left;
    add_ranges(&all, more);
    size_t count = find_all(&all, left, conjunctions);
    for (size_t i = 0; i < count && !error; i++)
        error = conjunction_add(conjunctions[i], &made);
    if (error) {
        number_list_clear(&made);
        return error;
    }
    free(set->ranges);
    number_list_finish(&made, set);
    return 0;
}
