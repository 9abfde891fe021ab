// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rows of a plan laid together as C: which text goes into which file, and what that text needs to be declared.
#include "tool/main/random_parts.h"
#include <cctype>
#include <map>

namespace krcu::random_modules {

namespace {

const char *const Licence = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n";
const char *const Includes =
    "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n#include <linux/misc.h>\n";

std::string replaced(std::string Text, const std::string &From, const std::string &To) {
  for (size_t At = Text.find(From); At != std::string::npos; At = Text.find(From, At + To.size()))
    Text.replace(At, From.size(), To);
  return Text;
}

bool isWord(char C) { return std::isalnum(static_cast<unsigned char>(C)) || C == '_'; }

bool mentions(const std::string &Text, const std::string &Word) {
  for (size_t At = Text.find(Word); At != std::string::npos; At = Text.find(Word, At + 1))
    if ((At == 0 || !isWord(Text[At - 1])) && (At + Word.size() == Text.size() || !isWord(Text[At + Word.size()])))
      return true;
  return false;
}

class Writer {
public:
  Writer(const Plan &P, const std::string &Name) : P(P), Name(Name) {}
  std::vector<ModuleFile> write();

private:
  /// The text of a row; `Object` is what $p stands for.
  std::string fill(std::string Text, const std::string &Object = "item") const;
  std::string calls(std::string Text, const std::string &Name, std::string (Writer::*Make)(const std::string &) const) const;
  std::string freeOf(const std::string &Object) const;
  std::string statement(const std::string &Object) const { return replaced(P.extra->text, "$p", Object); }
  std::string extraAt(Position At, const std::string &Object) const;
  std::string object() const { return fill(P.object->expression); }
  std::string cacheOf(const std::string &Object) const { return replaced(P.home->cache, "$X", Object); }
  std::string destroyed() const;
  std::string oneCallback(bool Says) const;
  std::string callback() const;
  std::string create() const;
  std::string ending() const;
  std::string endText() const;
  std::string allocation() const;
  std::string tail() const;
  void coreFile();
  void otherFiles();
  void headerFile();
  void makefile();
  std::string record(const std::string &All) const;
  std::string path(const std::string &File) const;
  void add(const std::string &File, const std::string &Text, FileKind Kind = FileKind::Text) { Files.push_back({path(File), Text, Kind}); }
  bool twoFiles() const;
  bool endsIn(const char *What) const { return P.place && std::string(P.place->file).find(What) != std::string::npos; }
  std::string top() const;

  const Plan &P;
  std::string Name, Globals, GlobalDeclarations, Core, Life, End, Makefile;
  std::vector<std::pair<std::string, std::string>> Objects; ///< built with what, object
  std::vector<ModuleFile> Files;
};

std::string Writer::calls(std::string Text, const std::string &What, std::string (Writer::*Make)(const std::string &) const) const {
  for (size_t At = Text.find(What + "{"); At != std::string::npos; At = Text.find(What + "{", At)) {
    size_t Begin = At + What.size() + 1, Close = Text.find('}', Begin);
    Text.replace(At, Close + 1 - At, (this->*Make)(Text.substr(Begin, Close - Begin)));
  }
  return Text;
}

std::string Writer::freeOf(const std::string &Object) const {
  bool Says = P.position->position == Position::Argument && P.says_something() && !P.is_wrong();
  std::string Argument = Says ? std::string("(") + P.extra->expression + ", " + Object + ")" : Object;
  if (!P.has_cache())
    return std::string(P.home->free) + "(" + Argument + ")";
  return std::string(P.home->free) + "(" + cacheOf(Object) + ", " + Argument + ")";
}

std::string Writer::fill(std::string Text, const std::string &Object) const {
  Text = replaced(std::move(Text), "$FREE", P.free->call);
  Text = replaced(std::move(Text), "$p", Object);
  Text = calls(std::move(Text), "$S", &Writer::statement);
  Text = calls(std::move(Text), "$F", &Writer::freeOf);
  if (Text.find("$H") != std::string::npos)
    Text = replaced(std::move(Text), "$H", extraAt(Position::Helper, "item"));
  if (Text.find("$G") != std::string::npos)
    Text = replaced(std::move(Text), "$G", extraAt(Position::Getter, "NULL"));
  Text = replaced(std::move(Text), "$C", P.home->owner ? "owner->cache" : P.home->cache);
  Text = replaced(std::move(Text), "$P", P.home->pasted);
  Text = replaced(std::move(Text), "$M", P.layout->member);
  Text = replaced(std::move(Text), "$B", P.era == Era::NoBatching ? "rcu_barrier" : "kvfree_rcu_barrier");
  Text = replaced(std::move(Text), "$X", Object);
  return replaced(std::move(Text), "$N", Name);
}

std::string Writer::extraAt(Position At, const std::string &Object) const {
  if (!P.says_something() || P.position->position != At || At == Position::Argument)
    return "";
  return fill(P.condition->place, Object);
}

std::string Writer::oneCallback(bool Says) const {
  std::string Object = object(), Body;
  if (P.lack->lack == Lack::Fragment)
    Body += "#include \"$N_more.inc\"\n";
  if (P.lack->lack == Lack::HiddenFragment)
    Body += "#ifdef CONFIG_GEN_A\n#include \"$N_more.inc\"\n#endif\n";
  if (Says)
    Body += P.condition->two_bodies ? "\t" + statement(Object) + "\n" : extraAt(Position::Before, Object);
  if (!Says || !P.condition->frees)
    Body += std::string(*P.guard->before ? P.guard->before : "\t") + (P.is_wrong() ? P.wrong->call : P.free->call);
  if (Says && P.position->position == Position::After)
    Body += "\n" + extraAt(Position::After, Object).substr(0, std::string::npos);
  while (!Body.empty() && Body.back() == '\n')
    Body.pop_back();
  Body = fill(Body + P.guard->after + "\n", Object);
  std::string Local = P.wrong->other_member ? replaced(P.object->local, "$M", "rcu2") : P.object->local;
  if (P.wrong->other_member)
    Body = replaced(std::move(Body), "item, " + std::string(P.layout->member) + ")", "item, rcu2)");
  return fill("static void $N_free(struct rcu_head *head)\n{\n" + (Local.empty() ? "" : "\t" + Local + "\n\n") + Body + "}\n");
}

std::string Writer::callback() const {
  if (P.lack->lack == Lack::CallbackFile)
    return "";
  if (P.says_something() && P.condition->two_bodies)
    return "#ifdef CONFIG_GEN_A\n" + oneCallback(true) + "#else\n" + oneCallback(false) + "#endif\n\n";
  return oneCallback(P.says_something()) + "\n";
}

std::string Writer::create() const { return fill(P.home->create); }

/// The statements that destroy the cache, with what is waited for.
std::string Writer::destroyed() const {
  std::string Call = P.spelling->call;
  if (Call.empty())
    Call = P.home->array ? "\t{\n\t\tunsigned int n;\n\n\t\tfor (n = 0; n < ARRAY_SIZE($N_caches); n++)\n\t\t\tkmem_cache_destroy($N_caches[n]);\n\t}\n"
                         : "\tkmem_cache_destroy($C);\n";
  if (P.home->plain)
    Call = replaced(std::move(Call), "$C", "$N_cache"); // the variable itself, not what a getter returns
  return fill(P.wait->before) + fill(Call) + fill(P.wait->after);
}

/// The function at the end of the module, or of what else has one.
std::string Writer::ending() const {
  std::string Text;
  switch (P.place->end) {
  case End::Exit:
  case End::Unseen: Text = "static void __exit $N_exit(void)\n{\n" + destroyed() + "}\nmodule_exit($N_exit);\n"; break;
  case End::Pernet:
    Text = "static void $N_net_exit(struct net *net)\n{\n" + destroyed() + "}\n\nstatic struct pernet_operations $N_net_ops = {\n\t.exit = $N_net_exit,\n};\n";
    break;
  case End::Runtime:
    Text = (P.home->owner ? "void $N_owner_stop(struct $N_owner *owner)\n{\n" : "void $N_reset(void)\n{\n") + destroyed() + "}\n";
    break;
  default: break;
  }
  return fill(P.place->before + Text + P.place->after);
}

std::string Writer::endText() const {
  std::string Definitions;
  for (std::string Text : {std::string(P.wait->definition), replaced(P.spelling->definition, "$C", P.home->plain ? "$N_cache" : "$C")})
    if (!Text.empty())
      Definitions += fill(Text) + "\n";
  return Definitions + ending();
}

std::string Writer::allocation() const {
  if (!P.allocates && !(P.place && P.place->end == End::UsedErrorPath))
    return "";
  if (P.home->owner)
    return fill("struct $N_item *$N_new(struct $N_owner *owner)\n{\n\tstruct $N_item *item = kmem_cache_alloc(owner->cache, GFP_KERNEL);\n\n"
                "\tif (item)\n\t\titem->owner = owner;\n\treturn item;\n}\n\n");
  return fill(P.has_cache() ? "struct $N_item *$N_new(void)\n{\n\treturn kmem_cache_alloc($C, GFP_KERNEL);\n}\n\n"
                            : "struct $N_item *$N_new(void)\n{\n\treturn kmalloc(sizeof(struct $N_item), GFP_KERNEL);\n}\n\n");
}

/// Creation and, if it is in the same file, the end.
std::string Writer::tail() const {
  const char *Bye = "\nstatic void __exit $N_exit(void)\n{\n\tprintk(\"$N: bye\\n\");\n}\nmodule_exit($N_exit);\n";
  if (!P.has_cache())
    return P.says_bye ? fill(Bye + 1) : ""; // without the empty line
  const PlaceRow &L = *P.place;
  if (P.home->owner)
    return fill("int $N_owner_start(struct $N_owner *owner)\n{\n" + create() + "\treturn 0;\n}\n") + (L.end == End::Never ? "" : "\n" + endText());
  std::string Before, Init = create(), After;
  if (*L.include)
    Before = fill(L.include) + "\n";
  bool Here = !*L.file;
  if (L.end == End::Pernet) {
    if (Here)
      Before = endText() + "\n";
    Init += "\treturn register_pernet_subsys(&$N_net_ops);\n";
    After = "\nstatic void __exit $N_exit(void)\n{\n\tunregister_pernet_subsys(&$N_net_ops);\n}\nmodule_exit($N_exit);\n";
  } else if (L.end == End::ErrorPath || L.end == End::UsedErrorPath) {
    Before = endText();
    if (L.end == End::UsedErrorPath)
      Init += "\t$N_first = $N_new();\n\tif ($N_first)\n\t\t$N_drop($N_first);\n";
    Init += "\t$N_table = kmalloc(64, GFP_KERNEL);\n\tif (!$N_table)\n\t\tgoto out;\n\treturn 0;\nout:\n" + destroyed() + "\treturn -ENOMEM;\n";
  } else {
    Init += "\treturn 0;\n";
    After = L.end == End::Never ? (P.says_bye ? Bye : "") : Here ? "\n" + endText() : "";
  }
  return fill(Before + "static int __init $N_init(void)\n{\n" + Init + "}\nmodule_init($N_init);\n" + After);
}

bool Writer::twoFiles() const { return P.home->external || P.free->where == Where::Life || (P.says_something() && *P.condition->life); }

std::string Writer::path(const std::string &File) const {
  std::string Filled = fill(File);
  return Filled[0] == '/' ? Filled.substr(1) : "drv/" + Name + "/" + Filled;
}

std::string Writer::top() const {
  return std::string(Licence) + Includes + (P.says_something() && P.condition->version ? "#include <linux/version.h>\n" : "") +
         (P.place && P.place->end == End::Pernet ? "#include <net/net_namespace.h>\n" : "") + fill("#include \"$N_item.h\"\n");
}

void Writer::coreFile() {
  bool Internal = P.has_cache() && !P.home->external && !P.home->owner;
  auto Section = [this](const std::string &Text) {
    if (!Text.empty())
      Core += fill(Text) + (Text.back() == '\n' && Text[Text.size() - 2] == '\n' ? "" : "\n");
  };
  if (Internal)
    Section(P.home->definition);
  Section(P.home->getter);
  if (P.says_something() && P.condition->where == Where::Core)
    Section(P.condition->definition);
  if (P.object->where == Where::Core)
    Section(P.wrong->other_member ? replaced(P.object->definition, "$M", "rcu2") : P.object->definition);
  if (P.lack->lack != Lack::CallbackFile) {
    if (P.free->where == Where::Core)
      Section(P.free->definition);
    if (P.is_wrong())
      Section(P.wrong->definition);
  }
  Section(callback());
  Section(P.lack->lack == Lack::Declaration ? replaced(P.site->text, "$N_free)", "$N_fre)") : P.site->text);
  if (P.wait)
    Section(P.wait->core), Section(P.spelling->core);
  Section(allocation());
  if (!P.home->external)
    Section(tail());
  while (Core.size() > 1 && Core[Core.size() - 2] == '\n')
    Core.pop_back();
  Objects.push_back({P.build->parts, "$N_core.o"});
}

void Writer::otherFiles() {
  if (twoFiles()) {
    if (P.home->external)
      Life = fill(P.home->definition) + "\n";
    if (P.free->where == Where::Life)
      Life += fill(P.free->definition) + "\n";
    if (P.says_something() && *P.condition->life)
      Life += fill(P.condition->life) + "\n";
    if (P.home->external)
      Life += tail();
    Objects.push_back({"y", "$N_life.o"});
  }
  if (P.place && *P.place->object) {
    std::string Object = P.place->object;
    size_t Blank = Object.find(' ');
    Objects.push_back(Blank == std::string::npos ? std::pair<std::string, std::string>{"y", Object}
                                                  : std::pair<std::string, std::string>{Object.substr(0, Blank), Object.substr(Blank + 1)});
  }
  if (P.wait && *P.wait->missing)
    Objects.push_back({"y", replaced(P.wait->missing, ".c", ".o")});
  if (P.lack->lack == Lack::CallbackFile)
    Objects.push_back({"y", "$N_free.o"});
  if (P.lack->lack == Lack::OtherSource)
    Objects.push_back({"y", "$N_other.o"});
  if (P.place && *P.place->file)
    End = *P.place->text ? fill(P.place->text) : *P.place->object ? top() + "\n" + endText() : Licence + endText();
}

/// What the module's text needs to be declared. A member or a variable is there only if something names it.
std::string Writer::record(const std::string &All) const {
  std::string Text = "struct $N_item;\n\n", Members;
  if (mentions(All, "owner") || P.home->owner)
    Text += "struct $N_owner {\n\tint users;\n\tstruct kmem_cache *cache;\n};\n\n";
  for (auto [Member, Declaration] : std::initializer_list<std::pair<const char *, const char *>>{{"other", "\tvoid *other;\n"},
                                                                                                 {"owner", "\tstruct $N_owner *owner;\n"},
                                                                                                 {"next", "\tstruct $N_item *next;\n"},
                                                                                                 {"self", "\tstruct $N_item *self;\n"},
                                                                                                 {"where", "\tint *where;\n"},
                                                                                                 {"release", "\tvoid (*release)(struct $N_item *item);\n"}})
    if (All.find(std::string("->") + Member) != std::string::npos)
      Members += Declaration;
  if (P.wrong->other_member)
    Members += "\tstruct rcu_head rcu2;\n";
  return Text + "struct $N_item {\n" + P.layout->before + P.layout->head + P.layout->after + Members + "};\n\n";
}

void Writer::headerFile() {
  std::string Inlines, Prototypes = "void $N_drop(struct $N_item *item);\n";
  auto Section = [&Inlines](const std::string &Text) {
    if (!Text.empty())
      Inlines += "\n" + Text;
  };
  if (P.says_something()) {
    Section(P.extra->definition);
    if (P.condition->where == Where::Header)
      Section(P.condition->definition);
  }
  if (P.object->where == Where::Header)
    Section(P.wrong->other_member ? replaced(P.object->definition, "$M", "rcu2") : P.object->definition);
  if (P.free->where == Where::Header)
    Section(P.free->definition);
  Inlines = fill(Inlines);
  Prototypes += P.free->prototype;
  if (P.wait)
    Prototypes += std::string(P.wait->prototype) + P.spelling->prototype;
  if (P.lack->lack == Lack::CallbackFile)
    Prototypes += "void $N_free(struct rcu_head *head);\n";
  if (mentions(Core + Life, Name + "_new") && !P.home->owner)
    Prototypes += "struct $N_item *$N_new(void);\n";
  if (P.says_something() && *P.condition->life)
    Prototypes += "void $N_hook(struct $N_item *item);\n";
  std::string Fragment = P.says_something() ? fill(P.condition->fragment, object()) : "";
  std::string All = Inlines + Core + Life + End + Fragment + (P.home->owner ? "->owner" : "");
  for (auto [Variable, Type] : std::initializer_list<std::pair<const char *, const char *>>{{"live", "int "},
                                                                                           {"last", "int "},
                                                                                           {"busy", "int "},
                                                                                           {"kept", "int "},
                                                                                           {"frozen", "int "},
                                                                                           {"spare", "void *"},
                                                                                           {"table", "void *"},
                                                                                           {"first", "struct $N_item *"},
                                                                                           {"stash", "struct $N_item *"},
                                                                                           {"count", "atomic_t "},
                                                                                           {"lock", "spinlock_t "},
                                                                                           {"done", "struct completion "}})
    if (mentions(All, Name + "_" + Variable) || (mentions(All, Name + "_note") && std::string(Variable) == "last")) {
      Prototypes += std::string("extern ") + Type + "$N_" + Variable + ";\n";
      Globals += std::string(Type) + "$N_" + Variable + ";\n";
    }
  if (mentions(All, Name + "_hooked")) {
    Prototypes += "extern void (*$N_hooked)(int key);\n";
    Globals += "void (*$N_hooked)(int key);\n";
  }
  if (mentions(All, Name + "_note")) {
    Prototypes += "void $N_note(int key);\n";
    Core += fill("\nvoid $N_note(int key)\n{\n\t$N_last = key;\n}\n");
  }
  const char *Put = "\nstatic inline void $N_owner_put(struct $N_owner *owner)\n{\n\tif (!--owner->users)\n\t\tkfree(owner);\n}\n";
  if (mentions(All, Name + "_owner_put"))
    Prototypes += Put;
  std::string Text = std::string("/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */\n#ifndef $N_ITEM_H\n#define $N_ITEM_H\n") + Includes +
                     (P.says_something() && P.condition->version ? "#include <linux/version.h>\n" : "") + "\n" + record(All) + P.home->declaration + Prototypes +
                     Inlines + "\n#endif\n";
  add("$N_item.h", fill(Text), P.lack->lack == Lack::RecordHeader ? FileKind::Missing : FileKind::Text);
  if (!Fragment.empty())
    add("$N_extra.inc", Fragment);
}

void Writer::makefile() {
  std::string Text = "# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n";
  if (Objects.size() == 1 && !P.build->composite)
    Text += std::string(P.build->object) + " += " + Objects.front().second + "\n";
  else {
    Text += std::string(P.build->object) + " += $N.o\n";
    for (const auto &[With, Object] : Objects)
      Text += "$N-" + With + " += " + Object + "\n";
  }
  if (P.says_something())
    Text += P.condition->flags;
  if (P.place)
    Text += P.place->flags;
  add("Makefile", fill(Text));
}

std::vector<ModuleFile> Writer::write() {
  coreFile();
  otherFiles();
  headerFile();
  std::string Trace = P.lack->lack == Lack::OtherHeader ? fill("#include \"$N_trace.h\"\n") : "";
  add("$N_core.c", top() + Trace + "\n" + (Globals.empty() ? "" : fill(Globals) + "\n") + Core);
  if (twoFiles())
    add("$N_life.c", top() + "\n" + Life);
  if (P.place && *P.place->file)
    add((std::string(P.place->file).find('/') != std::string::npos ? "" : "$N_") + std::string(P.place->file), End, P.place->kind);
  if (P.wait && *P.wait->missing)
    add(P.wait->missing, "", FileKind::Missing);
  if (P.lack->lack == Lack::CallbackFile)
    add("$N_free.c", "", FileKind::Missing);
  if (P.lack->lack == Lack::OtherSource)
    add("$N_other.c", "", FileKind::Missing);
  if (P.lack->lack == Lack::OtherHeader)
    add("$N_trace.h", "", FileKind::Missing);
  if (P.lack->lack == Lack::Fragment || P.lack->lack == Lack::HiddenFragment)
    add("$N_more.inc", "", FileKind::Missing);
  makefile();
  return std::move(Files);
}

} // namespace

std::vector<ModuleFile> filesOf(const Plan &P, const std::string &Name) { return Writer(P, Name).write(); }

std::vector<ModuleFile> commonFiles(const std::vector<RandomModule> &Modules) {
  std::string Makefile = "# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n";
  for (const RandomModule &M : Modules)
    Makefile += "obj-y += " + M.name + "/\n";
  return {{"drv/Makefile", Makefile},
          {"drv/Kconfig", R"(# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
config GEN_A
	bool "Off, unless somebody wants it"

config GEN_B
	bool "On, unless somebody does not want it"
	default y

config GEN_C
	bool "Off; what waits"

config GEN_D
	bool "Off; what calls"

config GEN_T
	tristate "A part of its own"

config GEN_LEVEL
	int "How much"
	default 2

config GEN_WITHOUT_A
	bool "Not with A"
	depends on !GEN_A
)"},
          {"include/linux/kconfig.h", R"(/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef LINUX_KCONFIG_H
#define LINUX_KCONFIG_H
#include <generated/autoconf.h>

/* 1 if the option is y or m: what stands for 1 has a comma in it, so another argument comes second. */
#define __in_place_of_1 0,
#define IS_ENABLED(option) (__enabled(option) || __enabled(option##_MODULE))
#define __enabled(x) __enabled_of(x)
#define __enabled_of(x) __pick(__in_place_of_##x 1, 0, 0)
#define __pick(...) __pick_second(__VA_ARGS__)
#define __pick_second(ignored, value, ...) value
#endif
)"},
          {"include/linux/misc.h", R"(/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef LINUX_MISC_H
#define LINUX_MISC_H
#include <linux/types.h>
#include <linux/kernel.h>

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	int taken;
} spinlock_t;

struct completion {
	unsigned int done;
};

void atomic_dec(atomic_t *v);
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
void complete(struct completion *done);

#ifdef DEBUG
#define pr_debug(...) printk(__VA_ARGS__)
#else
#define pr_debug(...) do { if (0) printk(__VA_ARGS__); } while (0)
#endif

#endif
)"}};
}

} // namespace krcu::random_modules
