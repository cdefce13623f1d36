/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who asks for names may ask, read whom to ask, and do nothing else. */
#include "../../loader/names/cell.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* Runs CHECK in a process that has entered the cell; it returns whether all was right. */
static void in_the_cell(bool (*check)(void))
{
    pid_t process = fork();
    int status;

    assert_true(process >= 0);
    if (!process)
        _exit(cell_enter() ? 2 : !check());
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool can_socket(int family, int type, int protocol)
{
    int made = socket(family, type, protocol);

    if (made >= 0)
        close(made);
    return made >= 0;
}

static bool may_ask(void)
{
    struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return one >= 0 && !connect(one, (struct sockaddr *)&nobody, sizeof(nobody)) &&
           can_socket(AF_INET6, SOCK_DGRAM, 0) && can_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) &&
           can_socket(AF_INET6, SOCK_STREAM, 0);
}

static bool may_make_no_other_socket(void)
{
    return !can_socket(AF_UNIX, SOCK_DGRAM, 0) && !can_socket(AF_UNIX, SOCK_STREAM, 0) &&
           !can_socket(AF_NETLINK, SOCK_RAW, 0) && !can_socket(AF_PACKET, SOCK_RAW, 0) &&
           !can_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) && !can_socket(AF_INET6, SOCK_SEQPACKET, 0);
}

static bool can_open(const char *path, int flags)
{
    int file = open(path, flags, 0600);

    if (file >= 0)
        close(file);
    return file >= 0;
}

static bool may_read_whom_to_ask(void)
{
    return can_open("/etc/hosts", O_RDONLY) && can_open("/dev/urandom", O_RDONLY);
}

static bool may_open_nothing_else(void)
{
    return !can_open("/etc/hosts", O_RDWR) && !can_open("/etc/hosts", O_WRONLY) &&
           !can_open("/tmp/edgexdp-cell", O_RDWR | O_CREAT) &&
           !can_open("/tmp", O_TMPFILE | O_RDWR) && unlink("/etc/hosts") &&
           mkdir("/tmp/edgexdp-cell", 0700);
}

/* Where there is landlock, which the tests' kernel may lack. */
static bool may_read_nothing_else(void)
{
    return !can_open("/etc/passwd", O_RDONLY) && !can_open("/proc/self/maps", O_RDONLY) &&
           !can_open("/etc", O_RDONLY | O_DIRECTORY);
}

static bool may_start_nothing(void)
{
    char *const words[] = {(char[]){"/bin/true"}, NULL};

    return fork() < 0 && execv(words[0], words) < 0 && kill(getppid(), 0) < 0 &&
           syscall(SYS_bpf, 0, NULL, 0) < 0 && errno == EPERM &&
           mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED;
}

static bool has_no_capability(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{1, 1, 1}, {1, 1, 1}};

    /* The filter does not let it ask any more; what takes a capability tells. */
    return syscall(SYS_capget, &header, data) < 0 && setuid(12345) < 0 &&
           prctl(PR_CAPBSET_READ, CAP_NET_ADMIN) < 0;
}

#define TEST(name)                                                                                 \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        in_the_cell(name);                                                                         \
    }
TEST(may_ask)
TEST(may_make_no_other_socket)
TEST(may_read_whom_to_ask)
TEST(may_open_nothing_else)
TEST(may_start_nothing)
TEST(has_no_capability)

static void test_may_read_nothing_else(void **state)
{
    (void)state;
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1)
        skip();
    in_the_cell(may_read_nothing_else);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_may_ask),
        cmocka_unit_test(test_may_make_no_other_socket),
        cmocka_unit_test(test_may_read_whom_to_ask),
        cmocka_unit_test(test_may_open_nothing_else),
        cmocka_unit_test(test_may_read_nothing_else),
        cmocka_unit_test(test_may_start_nothing),
        cmocka_unit_test(test_has_no_capability),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
