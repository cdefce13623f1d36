/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listing.h"

#include "ini.h"
#include "list.h"

#include <errno.h>

/* The first few faults show what is wrong with all of them. */
#define FAULTS_TOLD 10

struct listing {
    const char *item;
    struct diag *diag;
    size_t faults;
    struct place first_untold;
};

/* A place whose line is not shown in messages. */
static struct place place_of(struct piece piece)
{
    return (struct place){piece.source, piece.line, piece.column, 0};
}

static void tell(struct listing *listing, struct piece line, const struct fault *fault)
{
    struct place place = place_of(piece_part(line, fault->at, fault->length));

    listing->faults++;
    if (listing->faults == FAULTS_TOLD + 1)
        listing->first_untold = place;
    if (listing->faults > FAULTS_TOLD)
        return;
    if (*fault->kind)
        diag_add(listing->diag, SEVERITY_ERROR, place, "%s", fault->kind);
    else
        diag_add(listing->diag, SEVERITY_ERROR, place, "this is not %s", listing->item);
}

static int check_single(struct piece line, struct fault *fault)
{
    struct piece item = piece_trim(piece_part(line, 0, piece_find(line, ',')));

    item = list_first_item(item);
    if (item.length == line.length)
        return 0;
    fault_set(fault, item.length, line.length, "more than one item");
    fault_set_kind(fault, "a list has one item on each line");
    return -EINVAL;
}

static int check_text(bool faulty, struct fault *fault)
{
    if (!faulty)
        return 0;
    fault_set(fault, 0, 0, "no text");
    fault_set_kind(fault, "this line is not UTF-8 text");
    return -EINVAL;
}

int listing_read(const struct source *source, const char *item, listing_taker *take, void *context,
                 struct diag *diag)
{
    struct listing listing = {.item = item, .diag = diag};

    for (unsigned int number = 1; number <= source->line_count; number++) {
        struct fault fault;
        bool faulty;
        struct piece line = ini_line(source, number, false, NULL, &faulty);
        int error = check_text(faulty, &fault);

        if (!error && !line.length)
            continue;
        if (!error)
            error = check_single(line, &fault);
        if (!error)
            error = take(context, line, &fault);
        if (error == -EINVAL)
            tell(&listing, line, &fault);
        else if (error)
            return error;
    }
    if (listing.faults > FAULTS_TOLD)
        diag_add(diag, SEVERITY_ERROR, listing.first_untold,
                 "%zu more lines are wrong, beginning with this one", listing.faults - FAULTS_TOLD);
    return 0;
}
