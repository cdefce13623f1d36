/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks: for each origin an image, the value of a map of its own, which is pinned, and which the
 * packet path finds in a map of maps. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/memory.h"
#include "guard.h"

static const char *const image_pins[BLOCK_ORIGINS] = {
    [BLOCK_MANUAL] = "blocks_manual",
    [BLOCK_FLOWSPEC] = "blocks_flowspec",
};

static struct blocking *word_of(const struct guard *guard)
{
    return guard->mappings[PIN_BLOCKING].memory;
}

/* The map that counts: what is pinned, or of a guard that is not pinned yet, what it has. */
static int open_image(const struct guard *guard, enum block_origin origin)
{
    char path[PATH_BYTES];

    if (!guard_is_pinned(guard) && guard->block_maps[origin] < 0) {
        errno = ENOENT;
        return -1;
    }
    if (!guard_is_pinned(guard))
        return dup(guard->block_maps[origin]);
    bpffs_join(guard->path, image_pins[origin], path);
    return bpf_obj_get(path);
}

static int pin_image(struct guard *guard, enum block_origin origin, int map, struct why *why)
{
    char path[PATH_BYTES];

    if (!guard_is_pinned(guard)) {
        close_descriptor(&guard->block_maps[origin]);
        guard->block_maps[origin] = map < 0 ? -1 : dup(map);
        return map >= 0 && guard->block_maps[origin] < 0 ? -errno : 0;
    }
    if (map >= 0)
        return guard_pin(guard, image_pins[origin], map, why);
    bpffs_join(guard->path, image_pins[origin], path);
    return unlink(path) && errno != ENOENT ? -errno : 0;
}

int blocks_pin_all(const struct guard *guard,
                   int (*pin)(const char *folder, const char *name, int descriptor),
                   const char *folder)
{
    int error = 0;

    for (enum block_origin origin = 0; !error && origin < BLOCK_ORIGINS; origin++)
        if (guard->block_maps[origin] >= 0)
            error = pin(folder, image_pins[origin], guard->block_maps[origin]);
    return error;
}

void guard_close_blocks(struct guard *guard)
{
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++) {
        mapping_close(&guard->block_images[origin]);
        close_descriptor(&guard->block_maps[origin]);
    }
}

/* Maps the pinned images that have not been mapped yet. */
static int map_images(struct guard *guard)
{
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++) {
        struct mapping *mapping = &guard->block_images[origin];
        if (mapping->memory || !(word_of(guard)->origins & 1u << origin))
            continue;
        CLEANUP_CLOSE int map = open_image(guard, origin);
        if (map < 0)
            return -errno;
        mapping->bytes = BLOCK_IMAGE_BYTES;
        int error = mapping_open(map, false, mapping);
        if (error)
            return error;
    }
    return 0;
}

int guard_blocks(struct guard *guard, enum block_origin origin, const struct tables_header **image,
                 struct why *why)
{
    int error = map_images(guard);

    if (error)
        return why_kernel(why, error, "cannot read the blocks");
    *image = guard->block_images[origin].memory;
    return 0;
}

static const struct tables_block *list_of(const struct tables_header *image, u32 *count)
{
    const u32 *words = (const u32 *)image;
    const struct tables_blocks *blocks = (const void *)(words + image->blocks);

    *count = blocks->list_count;
    return (const void *)(words + blocks->list);
}

static u64 earliest_of(const struct tables_header *image)
{
    u64 earliest_ns = BLOCK_FOREVER;
    u32 count = 0;
    const struct tables_block *list = image ? list_of(image, &count) : NULL;

    for (u32 i = 0; i < count; i++)
        if (list[i].expires_ns < earliest_ns)
            earliest_ns = list[i].expires_ns;
    return earliest_ns;
}

static int compare_numbers(const void *one, const void *other)
{
    u32 a = *(const u32 *)one, b = *(const u32 *)other;

    return a < b ? -1 : a > b;
}

/* The numbers of the blocks of IMAGE, in order, none twice; *numbers is for the caller to free. */
static int numbers_of(const struct tables_header *image, u32 **numbers, u32 *count)
{
    u32 rules = 0, kept = 0;
    const struct tables_block *list = image ? list_of(image, &rules) : NULL;
    u32 *made = calloc(rules + 1, sizeof(*made));

    if (!made)
        return -ENOMEM;
    for (u32 i = 0; i < rules; i++)
        made[i] = list[i].number;
    qsort(made, rules, sizeof(*made), compare_numbers);
    for (u32 i = 0; i < rules; i++)
        if (!kept || made[kept - 1] != made[i])
            made[kept++] = made[i];
    *numbers = made;
    *count = kept;
    return 0;
}

static bool has_number(const u32 *numbers, u32 count, u32 number)
{
    return count && bsearch(&number, numbers, count, sizeof(*numbers), compare_numbers);
}

/* Gives each block of IMAGE that has none a counter. */
static int add_counters(const struct guard *guard, const struct tables_header *image)
{
    int map = guard->maps[PIN_BLOCK_COUNTERS], cpus = guard_cpus();
    CLEANUP_FREE struct block_counter *zeros =
        calloc((size_t)(cpus > 0 ? cpus : 1), sizeof(*zeros));
    CLEANUP_FREE u32 *numbers = NULL;
    u32 count;

    if (cpus < 0 || !zeros)
        return cpus < 0 ? cpus : -ENOMEM;
    int error = numbers_of(image, &numbers, &count);
    for (u32 i = 0; !error && i < count; i++)
        if (bpf_map_update_elem(map, &numbers[i], zeros, BPF_NOEXIST) && errno != EEXIST)
            error = errno == E2BIG ? -ENOSPC : -errno;
    return error;
}

/* Writes down what the blocks of IMAGE are called; it begins each line of what IMAGE keeps. */
static int add_names(const struct guard *guard, enum block_origin origin,
                     const struct tables_header *image)
{
    const char *line = (const char *)((const u32 *)image + image->archive);
    int map = guard->maps[PIN_BLOCK_NAMES], error = 0;

    while (!error && *line) {
        struct block_name name = {.origin = origin};
        size_t length = strcspn(line, "\t");
        u32 number = (u32)strtoul(line + length, NULL, 10);
        memcpy(name.name, line, length < RULE_NAME_BYTES ? length : RULE_NAME_BYTES - 1);
        error = bpf_map_update_elem(map, &number, &name, BPF_ANY) ? -errno : 0;
        line = strchr(line, '\n');
        line = line ? line + 1 : "";
    }
    return error;
}

struct keeping {
    u32 *numbers[BLOCK_ORIGINS]; /* of the blocks that there are */
    u32 counts[BLOCK_ORIGINS];
    u32 *gone; /* counters that belong to none */
    u32 gone_count;
};

static void keeping_clear(struct keeping *keeping)
{
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++)
        free(keeping->numbers[origin]);
    free(keeping->gone);
}

static bool is_kept(const struct keeping *keeping, u32 number)
{
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++)
        if (has_number(keeping->numbers[origin], keeping->counts[origin], number))
            return true;
    return false;
}

/* Removes the counters of blocks that have ended. */
static int sweep_counters(const struct guard *guard)
{
    CLEANUP(keeping_clear)
    struct keeping keeping = {.gone = calloc(BLOCKS_MAX, sizeof(*keeping.gone))};
    int map = guard->maps[PIN_BLOCK_COUNTERS], error = keeping.gone ? 0 : -ENOMEM;
    u32 key = 0, *before = NULL;

    for (enum block_origin origin = 0; !error && origin < BLOCK_ORIGINS; origin++)
        error = numbers_of(guard->block_images[origin].memory, &keeping.numbers[origin],
                           &keeping.counts[origin]);
    while (!error && !bpf_map_get_next_key(map, before, &key) && keeping.gone_count < BLOCKS_MAX) {
        before = &key;
        if (!is_kept(&keeping, key))
            keeping.gone[keeping.gone_count++] = key;
    }
    for (u32 i = 0; !error && i < keeping.gone_count; i++) {
        bpf_map_delete_elem(map, &keeping.gone[i]);
        bpf_map_delete_elem(guard->maps[PIN_BLOCK_NAMES], &keeping.gone[i]);
    }
    for (enum block_origin origin = 0; !error && origin < BLOCK_ORIGINS; origin++)
        word_of(guard)->counts[origin] = keeping.counts[origin];
    return error;
}

/* The table of those who are ahead of a block's limit exists while a block has one. */
static int prepare_limits(const struct guard *guard)
{
    u32 zero = 0, id;
    bool any = false, exists = !bpf_map_lookup_elem(guard->maps[PIN_BLOCK_LIMITS], &zero, &id);

    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++) {
        const struct tables_header *image = guard->block_images[origin].memory;
        any |= image && image->limit_list_count;
    }
    if (any == exists)
        return 0;
    if (!any)
        return bpf_map_delete_elem(guard->maps[PIN_BLOCK_LIMITS], &zero) ? -errno : 0;
    CLEANUP_CLOSE int lines =
        bpf_map_create(BPF_MAP_TYPE_ARRAY, "block_lines", sizeof(u32), sizeof(struct limit_line),
                       BLOCK_SOURCE_LINES + BLOCK_RULE_LINES, NULL);
    if (lines < 0)
        return lines;
    return bpf_map_update_elem(guard->maps[PIN_BLOCK_LIMITS], &zero, &lines, BPF_ANY) ? -errno : 0;
}

static int create_image(const struct guard *guard, const struct tables_header *image, int *map)
{
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    CLEANUP_CLOSE int made =
        bpf_map_create(BPF_MAP_TYPE_ARRAY, "blocks", sizeof(u32), BLOCK_IMAGE_BYTES, 1, &options);
    struct mapping mapping = {.bytes = BLOCK_IMAGE_BYTES};

    if (made < 0)
        return made;
    int error = mapping_open(made, true, &mapping);
    if (error)
        return error;
    memcpy(mapping.memory, image, (size_t)image->words * sizeof(u32));
    struct tables_header *header = mapping.memory;
    memcpy(header->seated.limit_secrets, guard->state->limit_secrets,
           sizeof(header->seated.limit_secrets));
    mapping_close(&mapping);
    *map = TAKE_FD(made);
    return 0;
}

static void store_origin(const struct guard *guard, enum block_origin origin, bool on)
{
    struct blocking *word = word_of(guard);

    if (on)
        __atomic_or_fetch(&word->origins, 1u << origin, __ATOMIC_SEQ_CST);
    else
        __atomic_and_fetch(&word->origins, ~(1u << origin), __ATOMIC_SEQ_CST);
}

/* Makes packets ask what is pinned for ORIGIN, and nothing else. */
static int enter(struct guard *guard, enum block_origin origin)
{
    CLEANUP_CLOSE int map = open_image(guard, origin);
    u32 key = origin;

    mapping_close(&guard->block_images[origin]);
    if (map < 0 && errno != ENOENT)
        return -errno;
    if (map < 0) {
        store_origin(guard, origin, false);
        return bpf_map_delete_elem(guard->maps[PIN_BLOCK_IMAGES], &key) && errno != ENOENT ? -errno
                                                                                           : 0;
    }
    guard->block_images[origin].bytes = BLOCK_IMAGE_BYTES;
    int error = mapping_open(map, false, &guard->block_images[origin]);
    if (!error)
        error = prepare_limits(guard);
    if (!error)
        error = add_counters(guard, guard->block_images[origin].memory);
    if (!error)
        error = add_names(guard, origin, guard->block_images[origin].memory);
    if (!error && bpf_map_update_elem(guard->maps[PIN_BLOCK_IMAGES], &key, &map, BPF_ANY))
        error = -errno;
    if (!error)
        store_origin(guard, origin, true);
    return error;
}

static void begin_change(const struct guard *guard)
{
    __atomic_store_n(&word_of(guard)->changing, 1, __ATOMIC_SEQ_CST);
}

/* After an ERROR in the middle, the next command begins with blocks_recover(). */
static int end_change(struct guard *guard, int error)
{
    struct blocking *word = word_of(guard);
    u64 earliest_ns = BLOCK_FOREVER;

    word->changes++;
    __atomic_add_fetch(&guard->state->swaps, 1, __ATOMIC_SEQ_CST);
    if (!error)
        error = prepare_limits(guard);
    if (!error)
        error = sweep_counters(guard);
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++) {
        u64 first_ns = earliest_of(guard->block_images[origin].memory);
        earliest_ns = first_ns < earliest_ns ? first_ns : earliest_ns;
    }
    word->earliest_ns = earliest_ns;
    if (!error)
        __atomic_store_n(&word->changing, 0, __ATOMIC_SEQ_CST);
    return error;
}

bool blocks_are_half_done(const struct guard *guard)
{
    return word_of(guard)->changing;
}

int blocks_recover(struct guard *guard, struct why *why)
{
    int error = 0;

    if (!blocks_are_half_done(guard))
        return 0;
    for (enum block_origin origin = 0; !error && origin < BLOCK_ORIGINS; origin++)
        error = enter(guard, origin);
    error = end_change(guard, error);
    return error ? why_kernel(why, error, "cannot put the blocks in order") : 0;
}

static int change(struct guard *guard, enum block_origin origin, int map, struct why *why)
{
    int error;

    begin_change(guard);
    error = pin_image(guard, origin, map, why);
    if (!error)
        error = enter(guard, origin);
    return end_change(guard, error);
}

/* Is there room for the blocks of IMAGE beside those of other origins? The greatest of its numbers
 * has been given away then. */
static int take_numbers(const struct guard *guard, enum block_origin origin,
                        const struct tables_header *image)
{
    u32 sum = 0;

    for (enum block_origin each = 0; each < BLOCK_ORIGINS; each++) {
        CLEANUP_FREE u32 *numbers = NULL;
        u32 count;
        int error =
            numbers_of(each == origin ? image : guard->block_images[each].memory, &numbers, &count);
        if (error)
            return error;
        sum += count;
        if (count && numbers[count - 1] >= word_of(guard)->next_number)
            word_of(guard)->next_number = numbers[count - 1] + 1;
    }
    return sum > BLOCKS_MAX ? -ENOSPC : 0;
}

int guard_set_blocks(struct guard *guard, enum block_origin origin, const struct image *image,
                     struct why *why)
{
    CLEANUP_CLOSE int map = -1;
    int error = map_images(guard);

    if (!error)
        error = take_numbers(guard, origin, image ? image->header : NULL);
    if (!error && image)
        error = create_image(guard, image->header, &map);
    if (!error)
        error = change(guard, origin, map, why);
    if (error == -ENOSPC)
        return why_set(why, error, "%s has room for %u blocks: end some of them", guard->interface,
                       BLOCKS_MAX);
    return error ? why_kernel(why, error, "cannot put the blocks in force") : 0;
}

u32 guard_next_block(const struct guard *guard)
{
    return word_of(guard)->next_number;
}

u64 guard_block_changes(const struct guard *guard)
{
    return word_of(guard)->changes;
}

bool guard_blocks_expired(const struct guard *guard)
{
    return monotonic_ns() >= word_of(guard)->earliest_ns;
}

void guard_hold_blocks(struct guard *guard, enum block_origin origin, u64 until_ns)
{
    __atomic_store_n(&word_of(guard)->until_ns[origin], until_ns, __ATOMIC_SEQ_CST);
}

u64 guard_blocks_held_until(const struct guard *guard, enum block_origin origin)
{
    return word_of(guard)->until_ns[origin];
}
