/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json.h"

#include <stdio.h>

#include "../base/memory.h"
#include "../base/text.h"
#include "times.h"

struct json_object *json_text(const char *text)
{
    CLEANUP_FREE char *good = text_utf8(text);

    return good ? json_object_new_string(good) : NULL;
}

void json_add_text(struct json_object *object, const char *key, const char *text)
{
    json_object_object_add(object, key, text ? json_text(text) : NULL);
}

void json_add_number(struct json_object *object, const char *key, u64 number)
{
    json_object_object_add(object, key, json_object_new_uint64(number));
}

void json_add_time(struct json_object *object, const char *key, u64 ns)
{
    char text[TIME_TEXT_BYTES];
    json_add_text(object, key, ns ? time_print(ns, text) : NULL);
}

const char *json_line(struct json_object *object, size_t *bytes)
{
    return json_object_to_json_string_length(
        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, bytes);
}

void json_print(struct json_object *object)
{
    puts(json_object_to_json_string_ext(object,
                                        JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(object);
}
