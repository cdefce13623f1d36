/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process can still do in the exporter's jail: almost nothing. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

#include "../../loader/child/child.h"
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

/* The exporter's own sockets, made by stand(): each would lead outside, if it could be used. */
static int listener, ended, connected, victim;
static struct sockaddr_in out;

static long try_end_listener(void)
{
    return shutdown(listener, SHUT_RDWR);
}

/* The kernel looks at only 32 bits of the number. */
static long try_end_listener_by_long_number(void)
{
    return syscall(SYS_shutdown, 0x100000000 + listener, SHUT_RD);
}

static long try_send_to(void)
{
    return sendto(ended, "x", 1, 0, (struct sockaddr *)&out, sizeof(out));
}

static long try_fast_open(void)
{
    return sendto(ended, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&out, sizeof(out));
}

static long try_fast_open_nowhere(void)
{
    return sendto(ended, "x", 1, MSG_FASTOPEN, NULL, 0);
}

static long try_fast_open_by_message(void)
{
    struct iovec part = {"x", 1};
    const struct msghdr message = {
        .msg_name = &out, .msg_namelen = sizeof(out), .msg_iov = &part, .msg_iovlen = 1};
    return sendmsg(ended, &message, MSG_FASTOPEN | MSG_NOSIGNAL);
}

static long try_option(int level, int option)
{
    return setsockopt(connected, level, option, &(int){1}, sizeof(int));
}

static long try_fast_open_option(void)
{
    return try_option(IPPROTO_TCP, TCP_FASTOPEN_CONNECT);
}

static long try_protocol_option(void)
{
    return try_option(IPPROTO_TCP, TCP_ULP);
}

static long try_socket_option(void)
{
    return try_option(SOL_SOCKET, TCP_NODELAY);
}

static long try_mount(void)
{
    return syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL);
}

static const struct {
    const char *what;
    long (*attempt)(void);
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
    {"end the listener", try_end_listener},
    {"end the listener by a long number", try_end_listener_by_long_number},
    {"send to an address", try_send_to},
    {"connect by sending", try_fast_open},
    {"connect by sending to nobody", try_fast_open_nowhere},
    {"connect by a message", try_fast_open_by_message},
    {"prepare to connect by sending", try_fast_open_option},
    {"set another option of TCP", try_protocol_option},
    {"set an option of sockets", try_socket_option},
};
#define TRIES (sizeof(tries) / sizeof(tries[0]))

/* In a child process. Returns 0 if the attempt was refused with EPERM. */
static int in_jail(size_t number)
{
    int status;
    pid_t child = fork();

    if (!child) {
        if (jail_enter())
            _exit(2);
        errno = 0;
        _exit(tries[number].attempt() == -1 && errno == EPERM ? 0 : 1);
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

static int listen_on_loopback(struct sockaddr_in *address)
{
    socklen_t size = sizeof(*address);
    int made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    assert_return_code(bind(made, (struct sockaddr *)address, sizeof(*address)), errno);
    assert_return_code(listen(made, 8), errno);
    assert_return_code(getsockname(made, (struct sockaddr *)address, &size), errno);
    return made;
}

/* `victim` is some other service here; `ended` is a client's connection that was reset; `connected`
 * is one that is still open. */
static int stand(void **state)
{
    const struct linger reset = {1, 0};
    struct sockaddr_in own;
    int client;

    (void)state;
    victim = listen_on_loopback(&out);
    listener = listen_on_loopback(&own);
    assert_return_code(jail_lift(&listener), errno);
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(connect(client, (struct sockaddr *)&own, sizeof(own)), errno);
    ended = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_return_code(ended, errno);
    setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(client);
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(connect(client, (struct sockaddr *)&own, sizeof(own)), errno);
    connected = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_return_code(connected, errno);
    return 0;
}

static void send_by_every_flag(int socket)
{
    struct iovec part = {"x", 1};
    struct msghdr message = {
        .msg_name = &out, .msg_namelen = sizeof(out), .msg_iov = &part, .msg_iovlen = 1};

    for (unsigned int bit = 0; bit < 32; bit++) {
        int flag = (int)(1u << bit);
        sendto(socket, "x", 1, flag | MSG_DONTWAIT, (struct sockaddr *)&out, sizeof(out));
        sendmsg(socket, &message, flag | MSG_DONTWAIT);
    }
}

static void test_no_connection_leads_out(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    if (!child) {
        signal(SIGPIPE, SIG_IGN);
        if (jail_enter())
            _exit(2);
        shutdown(listener, SHUT_RDWR);
        shutdown(connected, SHUT_RDWR);
        send_by_every_flag(listener);
        send_by_every_flag(ended);
        send_by_every_flag(connected);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(accept4(victim, NULL, NULL, SOCK_CLOEXEC), -1);
    assert_int_equal(errno, EAGAIN);
}

/* Everything that answering a client takes is possible. */
static void test_answering_is(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    if (!child) {
        struct iovec part = {"x", 1};
        const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        bool good = !jail_enter();
        good = good && !setsockopt(connected, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        good = good && !setsockopt(connected, IPPROTO_TCP, TCP_CORK, &(int){1}, sizeof(int));
        good = good && send(connected, "x", 1, MSG_NOSIGNAL | MSG_MORE) == 1;
        good = good && sendmsg(connected, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
        good = good && accept4(listener, NULL, NULL, SOCK_NONBLOCK) < 0 && errno == EAGAIN;
        good = good && !shutdown(connected, SHUT_RDWR);
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
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

/* Only the descriptors that were named, in any order, and the standard ones are kept. */
static void test_others_are_closed(void **state)
{
    int kept[] = {-1, -1}, other = open("/dev/null", O_RDONLY), status;

    (void)state;
    kept[1] = open("/dev/null", O_RDONLY);
    int between = open("/dev/null", O_RDONLY);
    kept[0] = open("/dev/null", O_RDONLY);
    pid_t child = fork();
    if (!child) {
        bool good = !child_close_others(kept, 2) && !child_silence();
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
        cmocka_unit_test(test_nothing_is_possible),     cmocka_unit_test(test_answering_is),
        cmocka_unit_test(test_no_connection_leads_out), cmocka_unit_test(test_memory_is),
        cmocka_unit_test(test_others_are_closed),
    };
    return cmocka_run_group_tests(tests, stand, NULL);
}
