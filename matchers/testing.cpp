// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/testing.h"
#include "clang/Frontend/ASTUnit.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "clang/Tooling/Tooling.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace clang;

namespace krcu::testing {
namespace {

/// What the snippets may use. Written for these tests; only the names are the kernel's.
const char Header[] = R"c(
typedef unsigned long size_t;
typedef unsigned long uintptr_t;
typedef _Bool bool;
#define NULL ((void *)0)
#define offsetof(T, M) __builtin_offsetof(T, M)
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define __init __attribute__((__section__(".init.text")))
#define __exit __attribute__((__section__(".exit.text")))
#define __cleanup(f) __attribute__((__cleanup__(f)))
#define __noreturn __attribute__((__noreturn__))
#define __always_inline inline __attribute__((__always_inline__))
#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) do { *(volatile typeof(x) *)&(x) = (v); } while (0)
#define barrier() __asm__ __volatile__("" : : : "memory")

#define container_of(ptr, type, member) ({ \
	void *__mptr = (void *)(ptr); \
	_Static_assert(__same_type(*(ptr), ((type *)0)->member) || __same_type(*(ptr), void), "pointer type mismatch"); \
	((type *)(__mptr - offsetof(type, member))); })
#define container_of_const(ptr, type, member) _Generic(ptr, \
	const typeof(*(ptr)) *: ((const type *)container_of(ptr, type, member)), \
	default: ((type *)container_of(ptr, type, member)))
#define old_container_of(ptr, type, member) ({ \
	const typeof(((type *)0)->member) *__p = (ptr); \
	(type *)((char *)__p - offsetof(type, member)); })
#define plain_container_of(ptr, type, member) ((type *)((char *)(ptr) - (unsigned long)&((type *)0)->member))
#define list_entry(ptr, type, member) container_of(ptr, type, member)

/* The configuration, as in the kernel: a symbol is 1, or not defined. */
#define CONFIG_ON 1
#define __ARG_PLACEHOLDER_1 0,
#define __take_second_arg(__ignored, val, ...) val
#define __is_defined(x) ___is_defined(x)
#define ___is_defined(val) ____is_defined(__ARG_PLACEHOLDER_##val)
#define ____is_defined(arg1_or_junk) __take_second_arg(arg1_or_junk 1, 0)
#define IS_BUILTIN(option) __is_defined(option)
#define IS_ENABLED(option) IS_BUILTIN(option)

struct kmem_cache;
struct callback_head { struct callback_head *next; void (*func)(struct callback_head *head); };
#define rcu_head callback_head
typedef void (*rcu_callback_t)(struct rcu_head *head);
struct list_head { struct list_head *next, *prev; };
void call_rcu(struct rcu_head *head, rcu_callback_t func);
void call_rcu_hurry(struct rcu_head *head, rcu_callback_t func);
void call_srcu(void *ssp, struct rcu_head *head, rcu_callback_t func);
void kvfree_call_rcu(struct rcu_head *head, void *object);
#define kfree_rcu(object, member...) kvfree_rcu(object, ## member)
#define kvfree_rcu(object, member) do { \
	typeof(object) ___o = (object); \
	if (___o) \
		kvfree_call_rcu(&((___o)->member), (void *)(___o)); \
} while (0)
#define kfree_rcu_mightsleep(object) do { typeof(object) ___o = (object); if (___o) kvfree_call_rcu(NULL, (void *)(___o)); } while (0)
void rcu_barrier(void);
void synchronize_rcu(void);

void kfree(const void *p);
void kvfree(const void *p);
void vfree(const void *p);
void kfree_sensitive(const void *p);
void kmem_cache_free(struct kmem_cache *s, void *p);
void *kmem_cache_alloc(struct kmem_cache *s, unsigned flags);
struct kmem_cache *kmem_cache_create(const char *name, unsigned size, unsigned align, unsigned flags, void (*ctor)(void *));
void kmem_cache_destroy(struct kmem_cache *s);
#define KMEM_CACHE(s, flags) kmem_cache_create(#s, sizeof(struct s), __alignof__(struct s), (flags), NULL)

int printk(const char *fmt, ...);
void warn_slow(const char *file, int line);
void panic(const char *fmt, ...) __noreturn;
#define WARN_ON(c) ({ int __ret = !!(c); if (unlikely(__ret)) warn_slow(__FILE__, __LINE__); unlikely(__ret); })
#define WARN_ON_ONCE(c) ({ static bool __warned; int __ret = !!(c); \
	if (unlikely(__ret && !__warned)) { __warned = 1; warn_slow(__FILE__, __LINE__); } unlikely(__ret); })
#define BUG() do { __asm__ __volatile__("trap"); __builtin_unreachable(); } while (0)
#define BUG_ON(c) do { if (unlikely(c)) BUG(); } while (0)
#define BUILD_BUG_ON(c) do { extern void __never(void); if (c) __never(); } while (0)

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);
#define module_init(x) static initcall_t __initcall_##x __attribute__((__used__)) = x;
#define module_exit(x) static exitcall_t __exitcall_##x __attribute__((__used__)) = x;

struct foo { long a, b; struct rcu_head rcu; long c; struct kmem_cache *cache; void *data; struct foo *next; };
struct inner { long x; struct rcu_head rcu; };
struct outer { long y; struct inner in; union { struct rcu_head u_rcu; long z; }; struct rcu_head heads[3]; };
extern struct kmem_cache *foo_cache;
extern struct kmem_cache *bar_cache;
extern int total;
extern struct foo *last;
void other(void *p);
)c";

const Rules &shippedRules() {
  static const Rules R = [] {
    llvm::Expected<Rules> Loaded = loadRules(KRCU_SOURCE_DIR "/rules", {});
    if (!Loaded) {
      ADD_FAILURE() << llvm::toString(Loaded.takeError());
      return Rules();
    }
    return std::move(*Loaded);
  }();
  return R;
}

std::string render(const AbstractValue &V) {
  switch (V.kind) {
  case AbstractValue::Unknown:
    return "?";
  case AbstractValue::Constant:
    return V.offset ? std::to_string(V.offset) : "NULL";
  case AbstractValue::CachePlace:
    return V.place;
  case AbstractValue::ParameterPlus:
    break;
  }
  return (V.parameter ? "arg" + std::to_string(V.parameter) : std::string("head")) + (V.offset < 0 ? "" : "+") + std::to_string(V.offset);
}

std::string shortened(std::string Text) {
  for (size_t At; (At = Text.find("@net/a.c")) != std::string::npos;)
    Text.erase(At + 1, 7);
  return Text;
}

std::string render(const Effect &E) {
  switch (E.kind) {
  case Effect::Free:
    return E.name + "(" + (E.cache.empty() ? "" : shortened(E.cache) + ", ") + render(E.object) + ")";
  case Effect::Call:
    return "call " + shortened(E.name);
  case Effect::Check:
    return "check " + E.name;
  case Effect::Stub:
    return "empty " + E.name;
  case Effect::Other:
    break;
  }
  return "!" + E.text;
}

std::string render(const PathSummary &P) {
  std::vector<std::string> Parts;
  for (const Effect &E : P.effects)
    Parts.push_back(render(E));
  if (Parts.empty())
    Parts.push_back("nothing");
  if (P.ends)
    Parts.push_back("ends");
  std::string Result;
  for (const AbstractValue &A : P.assumed_null)
    Result += "null(" + render(A) + "): ";
  return Result + llvm::join(Parts, ", ");
}

std::string sortedJoin(std::vector<std::string> Parts, const char *Between) {
  std::sort(Parts.begin(), Parts.end());
  Parts.erase(std::unique(Parts.begin(), Parts.end()), Parts.end());
  return llvm::join(Parts, Between);
}

/// Prints errors for the test and keeps them for the matchers.
class Errors : public TextDiagnosticPrinter {
public:
  explicit Errors(llvm::raw_ostream &Out) : TextDiagnosticPrinter(Out, new DiagnosticOptions()) {}
  void HandleDiagnostic(DiagnosticsEngine::Level Level, const Diagnostic &Info) override {
    TextDiagnosticPrinter::HandleDiagnostic(Level, Info);
    if (Level < DiagnosticsEngine::Error)
      return;
    llvm::SmallString<128> Text;
    Info.FormatDiagnostic(Text);
    SourceError E{"", 0, Text.str().str()};
    if (Info.hasSourceManager() && Info.getLocation().isValid()) {
      PresumedLoc P = Info.getSourceManager().getPresumedLoc(Info.getSourceManager().getExpansionLoc(Info.getLocation()));
      E.file = llvm::StringRef(P.getFilename()).drop_front(strlen("/tree/")).str();
      E.line = P.getLine();
    }
    found.push_back(std::move(E));
  }
  std::vector<SourceError> found;
};

} // namespace

Snippet::Snippet(const std::string &Text, std::set<std::string> Summarise, Expected Wanted) : Code(Text) {
  std::string Messages;
  llvm::raw_string_ostream Out(Messages);
  Errors Printer(Out);
  Unit = tooling::buildASTFromCodeWithArgs(
      Code, {"-xc", "-std=gnu11", "--target=x86_64-linux-gnu", "-ffreestanding", "-nostdinc", "-w", "-include", "/tree/include/base.h"},
      "/tree/net/a.c", "krcu-test", std::make_shared<PCHContainerOperations>(), tooling::getClangStripDependencyFileAdjuster(),
      {{"/tree/include/base.h", Header}}, &Printer);
  if (!Unit || Printer.found.empty() == (Wanted == Broken)) {
    ADD_FAILURE() << (Wanted == Broken ? "the snippet compiles:\n" : "the snippet does not compile:\n") << Out.str() << Code;
    return;
  }
  ExtractOptions Options;
  Options.root = "/tree";
  Options.rules = &shippedRules();
  Options.summarise = std::move(Summarise);
  Options.errors = Printer.found;
  std::vector<Decl *> Decls(Unit->top_level_begin(), Unit->top_level_end());
  Facts = extractFacts(Unit->getASTContext(), "net/a.c", Decls, Options);
}

Snippet::~Snippet() = default;

unsigned Snippet::lineOf(const std::string &Mark) const {
  size_t At = Code.find("/*@" + Mark + "*/");
  if (At == std::string::npos)
    ADD_FAILURE() << "no mark " << Mark;
  return 1 + static_cast<unsigned>(std::count(Code.begin(), Code.begin() + static_cast<long>(std::min(At, Code.size())), '\n'));
}

const FunctionSummary *Snippet::summary(const std::string &Function) const {
  for (const FunctionSummary &S : Facts.summaries)
    if (S.function == Function || S.function.compare(0, Function.size() + 1, Function + "@") == 0)
      return &S;
  return nullptr;
}

std::string Snippet::paths(const std::string &Function) const {
  const FunctionSummary *S = summary(Function);
  if (!S)
    return "no summary";
  if (S->opaque)
    return "opaque: " + S->why;
  std::vector<std::string> Paths;
  for (const PathSummary &P : S->paths)
    Paths.push_back(render(P));
  return sortedJoin(std::move(Paths), " | ");
}

const CallSiteFact &Snippet::site(const std::string &Mark) const {
  static const CallSiteFact None;
  const CallSiteFact *Found = nullptr;
  for (const CallSiteFact &S : Facts.sites)
    if (Mark.empty() || S.where.line == lineOf(Mark)) {
      EXPECT_FALSE(Found) << "more than one site";
      Found = &S;
    }
  EXPECT_TRUE(Found) << "no site";
  return Found ? *Found : None;
}

std::string Snippet::levels(const std::string &Mark) const {
  std::string Result;
  for (const HeadLevel &L : site(Mark).levels)
    Result += (Result.empty() ? "" : "; ") + L.object + ", " + L.member + " @" + std::to_string(L.offset) + (L.complete ? "" : " incomplete");
  return Result;
}

std::string Snippet::error(const std::string &Function) const {
  if (const FunctionSummary *S = summary(Function))
    return S->error;
  for (const FunctionFact &F : Facts.functions)
    if (F.function == Function || F.function == Function + "@net/a.c")
      return F.error;
  return "no function";
}

std::string Snippet::flows() const {
  std::vector<std::string> Lines;
  for (const FlowFact &F : Facts.flows)
    Lines.push_back(shortened(F.to) + " <- " + shortened(F.from));
  return sortedJoin(std::move(Lines), "; ");
}

const FunctionFact *Snippet::functionAt(const std::string &Mark, unsigned &Call) const {
  for (const FunctionFact &F : Facts.functions)
    for (Call = 0; Call < F.calls.size(); ++Call)
      if (F.calls[Call].where.line == lineOf(Mark) && F.calls[Call].where.file == "net/a.c")
        return &F;
  ADD_FAILURE() << "no call at " << Mark;
  return nullptr;
}

const CallFact &Snippet::call(const std::string &Mark) const {
  static const CallFact None;
  unsigned Call = 0;
  const FunctionFact *F = functionAt(Mark, Call);
  return F ? F->calls[Call] : None;
}

std::string Snippet::callNames(const FunctionFact &F, const std::vector<unsigned> &Which) const {
  std::vector<std::string> Names;
  for (unsigned C : Which)
    Names.push_back(shortened(F.calls[C].callee));
  return sortedJoin(std::move(Names), " ");
}

std::string Snippet::before(const std::string &Mark) const {
  unsigned Call = 0;
  const FunctionFact *F = functionAt(Mark, Call);
  return F ? callNames(*F, F->calls[Call].before) : "";
}

std::string Snippet::maybeBefore(const std::string &Mark) const {
  unsigned Call = 0;
  const FunctionFact *F = functionAt(Mark, Call);
  return F ? callNames(*F, F->calls[Call].maybe_before) : "";
}

std::string Snippet::togetherBefore(const std::string &Mark) const {
  unsigned Call = 0;
  const FunctionFact *F = functionAt(Mark, Call);
  return F ? callNames(*F, F->calls[Call].together_before) : "";
}

std::string Snippet::always(const std::string &Function) const {
  for (const FunctionFact &F : Facts.functions) {
    if (F.function != Function && F.function != Function + "@net/a.c")
      continue;
    std::vector<unsigned> Always;
    for (unsigned C = 0; C < F.calls.size(); ++C)
      if (F.calls[C].always)
        Always.push_back(C);
    return callNames(F, Always);
  }
  ADD_FAILURE() << "no function " << Function;
  return "";
}

std::string Snippet::references(const std::string &Function) const {
  std::vector<std::string> Lines;
  for (const FunctionRefFact &R : Facts.references) {
    if (R.function != Function && R.function != Function + "@net/a.c")
      continue;
    std::vector<std::string> Parts;
    for (const auto &[Word, Value] : {std::pair<std::string, std::string>{"in", R.in_function}, {"at", R.place},
                                      {"of", R.object}, {"by", R.macro}, {"to", R.argument_of}})
      if (!Value.empty())
        Parts.push_back(Word + " " + shortened(Value));
    Lines.push_back(llvm::join(Parts, " "));
  }
  return sortedJoin(std::move(Lines), "; ");
}

std::string Snippet::uses(const std::string &Variable) const {
  std::vector<std::string> Lines;
  for (const ObjectUseFact &U : Facts.object_uses)
    if (U.variable == Variable || U.variable == Variable + "@net/a.c")
      Lines.push_back("to " + shortened(U.argument_of) + (U.in_function.empty() ? "" : " in " + shortened(U.in_function)) +
                      (U.macro.empty() ? "" : " by " + U.macro));
  return sortedJoin(std::move(Lines), "; ");
}

std::string callback(const std::string &Body, const std::string &Before) {
  Snippet S(Before + "\nstatic void cb(struct rcu_head *head)\n{\n" + Body + "\n}\n", {"cb"});
  return S.paths("cb");
}

std::string withObject(const std::string &Body, const std::string &Before) {
  return callback("struct foo *p = container_of(head, struct foo, rcu);\n" + Body, Before);
}

Snippet siteIn(const std::string &Body, const std::string &Before) {
  return Snippet("void cb(struct rcu_head *head);\n" + Before + "\nvoid f(struct foo *p, struct outer *o, int i)\n{\n" + Body + "\n}\n");
}

} // namespace krcu::testing
