/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process can still do in the jail of the exporter: almost nothing. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../loader/exporter/jail.h"

static long try_open(void)
{
    return open("/etc/hostname", O_RDONLY);
}

static long try_open_to_write(void)
{
    return open("/tmp/jail", O_WRONLY | O_CREAT, 0600);
}

static long try_unlink(void)
{
    return unlink("/tmp/there-is-no-such-file");
}

static long try_look(void)
{
    struct stat status;
    return stat("/", &status);
}

static long try_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static long try_connect(void)
{
    return syscall(SYS_connect, 0, NULL, 0);
}

static long try_fork(void)
{
    return fork();
}

static long try_exec(void)
{
    char *const none[] = {NULL};
    return execve("/bin/true", none, none);
}

static long try_kill(void)
{
    return kill(getppid(), 0);
}

static long try_trace(void)
{
    return ptrace(PTRACE_ATTACH, 1, NULL, NULL);
}

static long try_write(void)
{
    return write(STDERR_FILENO, "x", 1);
}

static long try_executable_memory(void)
{
    return (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long try_make_executable(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? 0 : mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

static long try_bpf(enum bpf_cmd command)
{
    union bpf_attr attributes = {0};
    return syscall(SYS_bpf, command, &attributes, sizeof(attributes));
}

static long try_update_map(void)
{
    return try_bpf(BPF_MAP_UPDATE_ELEM);
}

static long try_delete_from_map(void)
{
    return try_bpf(BPF_MAP_DELETE_ELEM);
}

static long try_get_pin(void)
{
    return try_bpf(BPF_OBJ_GET);
}

static long try_update_link(void)
{
    return try_bpf(BPF_LINK_UPDATE);
}

static long try_mount(void)
{
    return syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL);
}

static const struct {
    const char *what;
    long (*try)(void);
} tries[] = {
    {"open a file", try_open},
    {"open a file to write", try_open_to_write},
    {"remove a file", try_unlink},
    {"look at a file", try_look},
    {"make a socket", try_socket},
    {"connect", try_connect},
    {"start a process", try_fork},
    {"start a program", try_exec},
    {"send a signal", try_kill},
    {"trace a process", try_trace},
    {"write to a descriptor", try_write},
    {"have memory to execute", try_executable_memory},
    {"make memory executable", try_make_executable},
    {"write to a map", try_update_map},
    {"delete from a map", try_delete_from_map},
    {"open a pin", try_get_pin},
    {"change a link", try_update_link},
    {"mount", try_mount},
};
#define TRIES (sizeof(tries) / sizeof(tries[0]))

/* In a child: 0 if the try was refused with EPERM. */
static int in_jail(size_t number)
{
    int status;
    pid_t child = fork();

    if (!child) {
        if (jail_enter())
            _exit(2);
        errno = 0;
        _exit(tries[number].try() == -1 && errno == EPERM ? 0 : 1);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_nothing_is_possible(void **state)
{
    (void)state;
    for (size_t i = 0; i < TRIES; i++) {
        int result = in_jail(i);
        if (result)
            fail_msg("in jail one can %s (%d)", tries[i].what, result);
    }
}

static void test_memory_is(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    if (!child) {
        if (jail_enter())
            _exit(2);
        char *memory = malloc(100u << 20);
        if (memory)
            memset(memory, 1, 100u << 20);
        free(memory);
        _exit(memory ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Kept are those that were named, in whatever order, and the standard ones. */
static void test_others_are_closed(void **state)
{
    int kept[] = {-1, -1}, other = open("/dev/null", O_RDONLY), status;

    (void)state;
    kept[1] = open("/dev/null", O_RDONLY);
    int between = open("/dev/null", O_RDONLY);
    kept[0] = open("/dev/null", O_RDONLY);
    pid_t child = fork();
    if (!child) {
        bool good = !jail_close_others(kept, 2) && !jail_silence();
        good = good && fcntl(kept[0], F_GETFD) >= 0 && fcntl(kept[1], F_GETFD) >= 0;
        good = good && fcntl(other, F_GETFD) < 0 && fcntl(between, F_GETFD) < 0;
        good = good && write(STDERR_FILENO, "x", 1) < 0 && read(STDIN_FILENO, &status, 1) == 0;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(other), close(between), close(kept[0]), close(kept[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_possible),
        cmocka_unit_test(test_memory_is),
        cmocka_unit_test(test_others_are_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
