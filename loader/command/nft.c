/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../base/memory.h"
#include "../base/text.h"

/* How the child that runs nft ends if nft did not run. */
#define EXIT_NO_NAMESPACE 126
#define EXIT_NO_NFT       127

/* The three files of a run. */
struct run {
    int in, out, err;
};

static void write_map(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);

    if (file < 0)
        return;
    if (write(file, text, strlen(text)) < 0)
        errno = EPERM; /* then nft is not allowed to do anything, and says so */
    close(file);
}

/* A namespace of our own, in which the ruleset can be loaded without touching this host's. Whoever
 * may not make one directly makes it in a user namespace. */
static int enter_namespace(void)
{
    char uid[32], gid[32];

    if (!unshare(CLONE_NEWNET))
        return 0;
    snprintf(uid, sizeof(uid), "0 %u 1", geteuid());
    snprintf(gid, sizeof(gid), "0 %u 1", getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
        return -errno;
    write_map("/proc/self/setgroups", "deny");
    write_map("/proc/self/uid_map", uid);
    write_map("/proc/self/gid_map", gid);
    return 0;
}

/* Runs nft with ARGUMENTS; returns its exit status. */
static int run_nft(const struct run *run, char *const arguments[])
{
    pid_t child = fork();
    int status = 0;

    if (!child) {
        if (dup2(run->in, STDIN_FILENO) < 0 || dup2(run->out, STDOUT_FILENO) < 0 ||
            dup2(run->err, STDERR_FILENO) < 0)
            _exit(1);
        execvp("nft", arguments);
        execv("/usr/sbin/nft", arguments);
        execv("/sbin/nft", arguments);
        _exit(errno == ENOENT ? EXIT_NO_NFT : 1);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Loads what IN holds in a namespace, and lists it into OUT. */
static int load_and_list(const struct run *run)
{
    char *const load[] = {"nft", "-f", "-", NULL}, *const list[] = {"nft", "-j", "list", "ruleset",
                                                                    NULL};
    const struct run loading = {run->in, run->err, run->err};
    pid_t child = fork();
    int status = 0;

    if (child < 0)
        return 1;
    if (!child) {
        int failed = enter_namespace() ? EXIT_NO_NAMESPACE : run_nft(&loading, load);
        _exit(failed ? failed : run_nft(run, list));
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Sets WHY to what nft said, in one line, under the name of the file that it read. */
static int take_words(int file, const char *path, struct why *why)
{
    char text[1024];
    ssize_t length = pread(file, text, sizeof(text) - 1, 0);
    const char *words = text;

    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (!strncmp(words, "/dev/stdin", 10))
        words += 10;
    else if (!strncmp(words, "internal:", 9) || !*words)
        path = "nft";
    else
        path = "";
    return why_set(why, -EINVAL, "%s%s%s", HARMLESS(path), words == text && *path ? ": " : "",
                   HARMLESS(words));
}

static int explain(int status, const struct run *run, const char *path, struct why *why)
{
    switch (status) {
    case EXIT_NO_NFT:
        return why_set(why, -ENOENT,
                       "nft is not installed: install nftables, or give what nft -j list "
                       "ruleset prints on a host that has it");
    case EXIT_NO_NAMESPACE:
        return why_set(why, -EPERM,
                       "nft reads rulesets in a network namespace of its own, which you may not "
                       "make here: use sudo, or give what nft -j list ruleset prints");
    default:
        return take_words(run->err, path, why);
    }
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* Writes a word of the ruleset: iif and oif as iifname and oifname, because only its own host knows
 * what the index of an interface stands for. In an expression with fib they are something else. */
static void write_word(FILE *file, const char *word, size_t length, bool *fib)
{
    bool interface = length == 3 && (!strncmp(word, "iif", 3) || !strncmp(word, "oif", 3));
    bool ends = !strncmp(word, "oif", 3) || !strncmp(word, "type", 4);

    fprintf(file, "%.*s%s", (int)length, word, interface && !*fib ? "name" : "");
    if (length == 3 && !strncmp(word, "fib", 3))
        *fib = true;
    else if (*fib && ends)
        *fib = false;
}

/* The length of the comment or the quoted text at the start of TEXT, or 0. */
static size_t literal_length(const char *text, size_t length)
{
    const char *end;

    if (*text == '#')
        end = memchr(text, '\n', length);
    else if (*text == '"')
        end = memchr(text + 1, '"', length - 1);
    else
        return 0;
    return end ? (size_t)(end - text) + 1 : length;
}

static int write_ruleset(FILE *file, const char *text, size_t length)
{
    bool fib = false;

    for (size_t i = 0, taken; i < length; i += taken) {
        taken = literal_length(text + i, length - i);
        if (taken) {
            fwrite(text + i, 1, taken, file);
        } else if (!is_word(text[i])) {
            fputc(text[i], file);
            taken = 1;
        } else {
            while (i + taken < length && is_word(text[i + taken]))
                taken++;
            write_word(file, text + i, taken, &fib);
        }
    }
    return fflush(file) || ferror(file) ? -EIO : 0;
}

static int open_memory(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC);
}

int nft_list(const struct source *text, struct diag *diag, const struct source **json,
             struct why *why)
{
    CLEANUP_CLOSE int in = open_memory("ruleset");
    CLEANUP_CLOSE int out = open_memory("json");
    CLEANUP_CLOSE int err = open_memory("errors");
    const struct run run = {in, out, err};
    FILE *file = in >= 0 ? fdopen(dup(in), "w") : NULL;
    int error = file && out >= 0 && err >= 0 ? write_ruleset(file, text->text, text->length) : -EIO;

    if (file)
        fclose(file);
    if (error || lseek(in, 0, SEEK_SET) < 0)
        return why_set(why, -EIO, "cannot hand the ruleset to nft: %s", strerror(errno));
    int status = load_and_list(&run);
    if (status)
        return explain(status, &run, text->path, why);
    if (lseek(out, 0, SEEK_SET) < 0)
        return -errno;
    error = source_read(diag, "nft -j list ruleset", out, json);
    return error ? why_set(why, error, "cannot read what nft lists: %s", source_error(error)) : 0;
}
