/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few things that all JSON output needs, over json-c. */
#ifndef EDGEXDP_JSON_H
#define EDGEXDP_JSON_H

#include <json-c/json.h>

#include <edgexdp/types.h>

/* TEXT as a JSON string, whatever bytes it holds; see text_utf8(). */
struct json_object *json_text(const char *text);

/* TEXT may be NULL, which becomes null. */
void json_add_text(struct json_object *object, const char *key, const char *text);
void json_add_number(struct json_object *object, const char *key, u64 number);
/* NS of CLOCK_REALTIME; 0 becomes null. */
void json_add_time(struct json_object *object, const char *key, u64 ns);

/* OBJECT as one line without a newline, *bytes long; the object keeps the text. */
const char *json_line(struct json_object *object, size_t *bytes);

/* Print to stdout, with a newline; takes the object. */
void json_print(struct json_object *object);

#endif
