/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../base/colour.h"

#define WIDTH  80u
#define HEIGHT 24u

/* Codes that every terminal of today knows, except those called dumb. */
#define OTHER_SCREEN "\033[?1049h"
#define USUAL_SCREEN "\033[?1049l"
#define HIDE_CURSOR  "\033[?25l"
#define SHOW_CURSOR  "\033[?25h"
#define CUT_LINES    "\033[?7l" /* instead of wrapping them */
#define WRAP_LINES   "\033[?7h"
#define HOME         "\033[H"
#define CLEAR_TO_END "\033[K" /* of the line */
#define CLEAR_BELOW  "\033[J"

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

static bool is_drawable(void)
{
    return isatty(STDOUT_FILENO) && is_set("TERM") && strcmp(getenv("TERM"), "dumb") != 0;
}

/* Keys arrive one by one and are not echoed. Ctrl-C still ends us; Ctrl-Z is off, because it would
 * leave the terminal in our state. */
static void take_keys(struct screen *screen)
{
    struct termios ours;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &screen->before))
        return;
    ours = screen->before;
    ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    ours.c_cc[VMIN] = 0;
    ours.c_cc[VTIME] = 0;
    ours.c_cc[VSUSP] = _POSIX_VDISABLE;
    if (!tcsetattr(STDIN_FILENO, TCSADRAIN, &ours))
        screen->keys = STDIN_FILENO;
}

void screen_open(struct screen *screen)
{
    *screen = (struct screen){.width = WIDTH, .keys = -1};
    setlocale(LC_CTYPE, "");
    screen->has_blocks = !strcmp(nl_langinfo(CODESET), "UTF-8");
    screen->is_terminal = is_drawable();
    if (!screen->is_terminal)
        return;
    screen->has_colours = colour_is_wanted(stdout);
    take_keys(screen);
    fputs(OTHER_SCREEN HIDE_CURSOR CUT_LINES, stdout);
}

void screen_close(struct screen *screen)
{
    if (!screen->is_terminal)
        return;
    fputs(WRAP_LINES SHOW_CURSOR USUAL_SCREEN, stdout);
    fflush(stdout);
    if (screen->keys >= 0)
        tcsetattr(screen->keys, TCSADRAIN, &screen->before);
}

void screen_measure(struct screen *screen)
{
    struct winsize size;

    if (!screen->is_terminal)
        return;
    bool known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col && size.ws_row;
    screen->width = known ? size.ws_col : WIDTH;
    screen->height = known ? size.ws_row : HEIGHT;
}

void screen_draw(const struct screen *screen, const char *frame)
{
    size_t lines = 0;

    if (!screen->is_terminal) {
        fputs(frame, stdout);
        putchar('\n');
        return;
    }
    fputs(HOME, stdout);
    for (const char *end; (end = strchr(frame, '\n')) && lines < screen->height; frame = end + 1) {
        if (lines++)
            putchar('\n'); /* not after the last line: that would scroll */
        fwrite(frame, (size_t)(end - frame), 1, stdout);
        fputs(CLEAR_TO_END, stdout);
    }
    fputs(CLEAR_BELOW, stdout);
}

bool screen_is_left(const struct screen *screen)
{
    char keys[64];
    ssize_t count = read(screen->keys, keys, sizeof(keys));

    return count <= 0 || memchr(keys, 'q', (size_t)count) || memchr(keys, 'Q', (size_t)count);
}
