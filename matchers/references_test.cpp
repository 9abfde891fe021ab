// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions that are named without being called, and objects handed to registration functions.
#include "matchers/testing.h"
#include "gtest/gtest.h"

namespace krcu::testing {
namespace {

std::string references(const std::string &Code) { return Snippet("void gone(void);\n" + Code).references("gone"); }

TEST(Reference, ModuleExit) {
  EXPECT_EQ(references("module_exit(gone)"), "at V:__exitcall_gone@ of V:__exitcall_gone@ by module_exit");
}

TEST(Reference, ModuleExitThroughAHelperFunction) {
  EXPECT_EQ(references("#define my_exit(x) static inline exitcall_t __exittest(void) { return x; }\nmy_exit(gone)"), "in __exittest@ by my_exit");
}

TEST(Reference, AnOpsTable) {
  EXPECT_EQ(references("struct ops { int id; void (*stop)(void); };\nstatic struct ops ops = { .stop = gone };"),
            "at F:ops@.stop of V:ops@");
}

TEST(Reference, AnOpsTableInAnotherStructure) {
  EXPECT_EQ(references("struct ops { void (*stop)(void); };\nstruct driver { int id; struct ops ops[2]; };\n"
                       "static struct driver d = { .ops = { { 0 }, { &gone } } };"),
            "at F:ops@.stop of V:d@");
}

TEST(Reference, AssignmentToAField) {
  EXPECT_EQ(references("struct ops { void (*stop)(void); };\nvoid f(struct ops *o) { o->stop = gone; }"), "in f at F:ops@.stop");
}

TEST(Reference, AnArgument) {
  EXPECT_EQ(references("void at_exit(void (*fn)(void));\nvoid f(void) { at_exit(gone); at_exit(&gone); }"), "in f to at_exit");
}

TEST(Reference, AnArgumentWithACast) {
  EXPECT_EQ(references("void at_exit(void *fn);\nvoid f(void) { at_exit((void *)gone); }"), "in f to at_exit");
}

TEST(Reference, AChoiceIsStillAReference) {
  EXPECT_EQ(references("void f(int i) { void (*fn)(void) = i ? gone : 0; fn(); }"), "in f");
}

TEST(Reference, ACallIsNone) { EXPECT_EQ(references("void f(void) { gone(); (gone)(); }"), ""); }

TEST(Reference, ACallAndAReference) { EXPECT_EQ(references("void at(void *p);\nvoid f(void) { gone(); at(gone); }"), "in f to at"); }

TEST(Reference, AComparison) { EXPECT_EQ(references("int f(void *p) { return p == gone; }"), "in f"); }

TEST(Reference, AReturn) { EXPECT_EQ(references("void *f(void) { return gone; }"), "in f"); }

TEST(Use, RegisteredByAFunction) {
  Snippet S("struct ops { int id; };\nstatic struct ops ops;\nvoid register_ops(struct ops *o);\nvoid f(void) { register_ops(&ops); }");
  EXPECT_EQ(S.uses("ops"), "to register_ops in f");
}

TEST(Use, RegisteredByADriverMacro) {
  Snippet S("struct drv { int id; };\nstatic struct drv drv;\nvoid drv_unregister(struct drv *d);\n"
            "#define module_drv(d) static void d##_exit(void) { drv_unregister(&(d)); } module_exit(d##_exit)\nmodule_drv(drv)\n");
  EXPECT_EQ(S.uses("drv"), "to drv_unregister in drv_exit@ by module_drv");
  EXPECT_EQ(S.references("drv_exit"), "at V:__exitcall_drv_exit@ of V:__exitcall_drv_exit@ by module_drv");
}

TEST(Use, AnArrayOfObjects) {
  Snippet S("struct ops { int id; };\nstatic struct ops all[3];\nvoid register_all(struct ops *o, int n);\nvoid f(void) { register_all(all, 3); }");
  EXPECT_EQ(S.uses("all"), "to register_all in f");
}

TEST(Use, AnElementOfAnArray) {
  Snippet S("struct ops { int id; };\nstatic struct ops all[3];\nvoid register_one(struct ops *o);\nvoid f(void) { register_one(&all[1]); }");
  EXPECT_EQ(S.uses("all"), "to register_one in f");
}

TEST(Use, AMemberOfAnObject) {
  Snippet S("struct base { int id; };\nstruct ops { struct base base; };\nstatic struct ops ops;\nvoid register_one(struct base *o);\n"
            "void f(void) { register_one(&ops.base); }");
  EXPECT_EQ(S.uses("ops"), "to register_one in f");
}

} // namespace
} // namespace krcu::testing
