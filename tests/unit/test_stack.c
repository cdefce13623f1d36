// SPDX-License-Identifier: GPL-2.0-or-later
/* Linux refuses a program whose nested calls may hold more than 512 bytes on the stack. This test
 * reads the sizes from the objects, for every policy at once and without a kernel, and counts as
 * Linux 6.1 does: in steps of 32 bytes for each call. (Newer kernels take smaller steps.) */
#include "check.h"

#include <gelf.h>
#include <linux/bpf.h>

#include "edgexdp/tables.h"

#include "completer.skel.h"
#include "inbound.skel.h"
#include "inbound_tc.skel.h"
#include "inbound_tc_tracked.skel.h"
#include "inbound_tracked.skel.h"
#include "outbound.skel.h"
#include "outbound_tracked.skel.h"
#include "root.skel.h"
#include "shield.skel.h"
#include "socket.skel.h"

#define STACK_MAX     512
#define STACK_ROUNDED 32
#define FUNCTIONS_MAX 256

struct function {
    const char *name;
    size_t section, at, end; /* in instructions of its section */
};

struct object {
    Elf *elf;
    Elf_Scn *symbols;
    GElf_Shdr symbols_header;
    struct function functions[FUNCTIONS_MAX];
    size_t count;
};

static Elf_Data *data_of(Elf_Scn *section)
{
    Elf_Data *data = elf_getdata(section, NULL);

    assert_non_null(data);
    return data;
}

static void read_functions(struct object *object)
{
    Elf_Data *symbols = data_of(object->symbols);
    GElf_Sym symbol;

    for (int i = 0; gelf_getsym(symbols, i, &symbol); i++) {
        if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
            continue;
        assert_in_range(object->count, 0, FUNCTIONS_MAX - 1);
        object->functions[object->count++] = (struct function){
            .name = elf_strptr(object->elf, object->symbols_header.sh_link, symbol.st_name),
            .section = symbol.st_shndx,
            .at = symbol.st_value / sizeof(struct bpf_insn),
            .end = (symbol.st_value + symbol.st_size) / sizeof(struct bpf_insn),
        };
    }
}

static void open_object(const void *bytes, size_t size, struct object *object)
{
    Elf_Scn *section = NULL;

    *object = (struct object){.elf = elf_memory((char *)bytes, size)};
    assert_non_null(object->elf);
    while ((section = elf_nextscn(object->elf, section))) {
        GElf_Shdr header;
        assert_non_null(gelf_getshdr(section, &header));
        if (header.sh_type != SHT_SYMTAB)
            continue;
        object->symbols = section;
        object->symbols_header = header;
    }
    assert_non_null(object->symbols);
    read_functions(object);
}

static const struct function *function_at(const struct object *object, size_t section, size_t at)
{
    for (size_t i = 0; i < object->count; i++)
        if (object->functions[i].section == section && object->functions[i].at == at)
            return &object->functions[i];
    fail_msg("no function begins at instruction %zu of section %zu", at, section);
    return NULL;
}

/* Fills in the symbol with which the instruction AT of SECTION is to be linked. */
static bool find_symbol(const struct object *object, size_t section, size_t at, GElf_Sym *symbol)
{
    Elf_Scn *each = NULL;
    GElf_Shdr header;
    GElf_Rel link;

    while ((each = elf_nextscn(object->elf, each))) {
        assert_non_null(gelf_getshdr(each, &header));
        if (header.sh_type != SHT_REL || header.sh_info != section)
            continue;
        for (int i = 0; gelf_getrel(data_of(each), i, &link); i++)
            if (link.r_offset == at * sizeof(struct bpf_insn))
                return gelf_getsym(data_of(object->symbols), (int)GELF_R_SYM(link.r_info), symbol);
    }
    return false;
}

/* The function that the instruction AT of CALLER calls; NULL: one of the kernel's. */
static const struct function *callee(const struct object *object, const struct function *caller,
                                     size_t at, const struct bpf_insn *call)
{
    GElf_Sym symbol;

    if (!find_symbol(object, caller->section, at, &symbol))
        return function_at(object, caller->section, at + (size_t)call->imm + 1);
    if (symbol.st_shndx == SHN_UNDEF)
        return NULL;
    return function_at(object, symbol.st_shndx,
                       symbol.st_value / sizeof(*call) + (size_t)call->imm + 1);
}

/* How far below the frame pointer the instruction reaches; this may depend on the next
 * instruction. */
static u32 reach(const struct bpf_insn *insn)
{
    u8 kind = BPF_CLASS(insn->code);

    if (kind == BPF_LDX && insn->src_reg == BPF_REG_10)
        return (u32)-insn->off;
    if ((kind == BPF_STX || kind == BPF_ST) && insn->dst_reg == BPF_REG_10)
        return (u32)-insn->off;
    if (insn->code != (BPF_ALU64 | BPF_MOV | BPF_X) || insn->src_reg != BPF_REG_10)
        return 0;
    /* Taking an address: compilers write it as a move and an addition. */
    assert_int_equal(insn[1].code, BPF_ALU64 | BPF_ADD | BPF_K);
    assert_int_equal(insn[1].dst_reg, insn->dst_reg);
    return (u32)-insn[1].imm;
}

/* The most bytes that FUNCTION may hold with its callees. */
static u32 stack_of(const struct object *object, const struct function *function)
{
    const struct bpf_insn *insns = data_of(elf_getscn(object->elf, function->section))->d_buf;
    u32 own = 1, below = 0;

    for (size_t at = function->at; at < function->end; at++) {
        const struct bpf_insn *insn = &insns[at];
        u32 bytes = reach(insn);
        if (bytes > own)
            own = bytes;
        /* A function that is passed to a helper would have to be counted, too. */
        assert_false(insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC);
        if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg != BPF_PSEUDO_CALL)
            continue;
        const struct function *called = callee(object, function, at, insn);
        bytes = called ? stack_of(object, called) : 0;
        if (bytes > below)
            below = bytes;
    }
    return (own + STACK_ROUNDED - 1) / STACK_ROUNDED * STACK_ROUNDED + below;
}

static void assert_fits(const void *bytes, size_t size)
{
    struct object object;

    open_object(bytes, size, &object);
    for (size_t i = 0; i < object.count; i++) {
        u32 stack = stack_of(&object, &object.functions[i]);
        print_message("%5u %s\n", stack, object.functions[i].name);
        if (stack > STACK_MAX)
            fail_msg("%s and what it calls hold %u bytes", object.functions[i].name, stack);
    }
    assert_true(object.count > 0);
    elf_end(object.elf);
}

#define TEST_OF(name)                                                                              \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        size_t size;                                                                               \
        const void *bytes = name##_bpf__elf_bytes(&size);                                          \
        (void)state;                                                                               \
        assert_fits(bytes, size);                                                                  \
    }

TEST_OF(inbound)
TEST_OF(inbound_tc)
TEST_OF(inbound_tracked)
TEST_OF(inbound_tc_tracked)
TEST_OF(outbound)
TEST_OF(outbound_tracked)
TEST_OF(root)
TEST_OF(shield)
TEST_OF(completer)
TEST_OF(socket)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inbound),
        cmocka_unit_test(test_inbound_tc),
        cmocka_unit_test(test_inbound_tracked),
        cmocka_unit_test(test_inbound_tc_tracked),
        cmocka_unit_test(test_outbound),
        cmocka_unit_test(test_outbound_tracked),
        cmocka_unit_test(test_root),
        cmocka_unit_test(test_shield),
        cmocka_unit_test(test_completer),
        cmocka_unit_test(test_socket),
    };

    if (elf_version(EV_CURRENT) == EV_NONE)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
