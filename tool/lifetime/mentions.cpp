// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A line under #if was compiled if the parse shows a call anywhere under the same conditions in that file: equal conditions go the
// same way. If it shows none there, the line counts as hidden, which may be too careful, never too bold.
#include "tool/lifetime/mentions.h"
#include "tool/lifetime/pasting.h"
#include "tool/lifetime/variant_choices.h"
#include "tool/lifetime/words.h"
#include "tool/tree/tree.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <memory>

using llvm::StringRef;

namespace krcu {
namespace {

/// Text before and behind a token, white space skipped.
struct Around {
  StringRef before, behind;
  Around(StringRef Text, const OutlineToken &T, size_t Length)
      : before(Text.take_front(T.offset).rtrim()), behind(Text.substr(T.offset + Length).ltrim()) {}
};

/// What stands before x->y->word, if the token is the last of such a chain.
StringRef beforeChain(StringRef Before) {
  if (Before.ends_with(".") || Before.ends_with("->"))
    while (!Before.empty() && (isWord(Before.back()) || StringRef(".->").contains(Before.back())))
      Before = Before.drop_back();
  return Before.rtrim();
}

/// f(word, ...) or f(x->word, ...): the name of f, if the token is the first argument of a call; "" otherwise.
std::string calleeAround(const Around &A) {
  StringRef Before = beforeChain(A.before);
  if (!Before.consume_back("(") || !(A.behind.starts_with(",") || A.behind.starts_with(")")))
    return {};
  return lastWord(Before).str();
}

/// call_rcu(..., x->word): the callback is read to be called; nobody writes it there, destroys or copies it.
bool isDeferred(const Database &DB, const Around &A) {
  constexpr size_t Far = 400; // bytes; arguments are shorter
  StringRef Before = beforeChain(A.before);
  if (!Before.ends_with(",") || !A.behind.starts_with(")"))
    return false;
  int Depth = 1;
  for (size_t Steps = 0; Depth && !Before.empty() && Steps < Far; ++Steps) {
    Depth += (Before.back() == ')') - (Before.back() == '(');
    Before = Before.drop_back();
  }
  return Depth == 0 && DB.rules().deferral(lastWord(Before).str());
}

/// Hands the cache to the allocator, compares it, creates it, or declares it: none of these is a destruction or a copy.
bool isHarmless(const Database &DB, StringRef Text, const OutlineToken &T, const std::string &Word, MentionKind Kind) {
  Around A(Text, T, Word.size());
  if (T.function < 0 && !T.in_directive && Kind == MentionKind::Function && A.before.ends_with("("))
    return false; // module_exit(word);
  if (T.function < 0 && !T.in_directive && Kind != MentionKind::Field)
    return !A.before.ends_with("&") && !A.before.ends_with("=") && !A.before.ends_with("{") && !A.before.ends_with(",");
  if (Kind == MentionKind::Function)
    return false;
  std::string Callee = calleeAround(A);
  if (!Callee.empty() && !DB.rules().cacheDestroy(Callee) && isAllocatorFunction(DB, Callee))
    return true;
  if (isDeferred(DB, A))
    return true;
  if (Kind == MentionKind::Variable) {
    if (A.before.ends_with("!") && !A.behind.starts_with("="))
      return true;
  }
  if (A.behind.starts_with("==") || A.behind.starts_with("!="))
    return true;
  if (A.behind.starts_with("=")) {
    StringRef Value = A.behind.drop_front().ltrim();
    return DB.rules().cacheCreate(Value.take_while(isWord).str()) != nullptr || Value.starts_with("NULL");
  }
  return false;
}

bool matches(const OutlineToken &T, MentionKind Kind) {
  return T.in_directive || T.after_member_access == (Kind == MentionKind::Field);
}

/// A use of a macro that pastes a name together, but not this one.
bool makesAnother(StringRef Directive, StringRef Text, const OutlineToken &T, const std::string &Macro, StringRef Word) {
  return !T.in_directive && !canPaste(Directive, Text.substr(T.offset + Macro.size()), Word);
}

/// Macros that destroy a cache whose name they paste together, with what defines them: their users need not spell it.
const std::vector<PastingMacro> &pastingDestructions(const Database &DB) {
  auto &Known = DB.rememberedPasting();
  if (Known)
    return *Known;
  std::vector<PastingMacro> Result;
  for (const CacheRule &Rule : DB.rules().cache_destroy)
    for (uint32_t File : DB.mentioning(Rule.name)) {
      const std::string &Path = DB.index().files()[File].path;
      auto Text = DB.index().text(File);
      if (!Text || !StringRef(*Text).contains("##"))
        continue;
      for (const OutlineToken &T : DB.tokens(Path, Rule.name)) {
        StringRef Directive = T.in_directive ? directiveAround(*Text, T.offset) : StringRef();
        if (StringRef Macro = macroDefinedBy(Directive); Directive.contains("##") && !Macro.empty())
          Result.push_back({Macro.str(), Path, Directive.str()});
      }
    }
  Known = std::make_shared<const std::vector<PastingMacro>>(std::move(Result));
  return *Known;
}

/// Uses of one word that no parse has shown to be compiled. \p Sought: the name that the search is for; the word may be a macro that makes it.
void addHidden(const Database &DB, const std::string &File, StringRef Text, const std::string &Word, MentionKind Kind, const std::string &Sought,
               std::set<std::string> &Result) {
  std::vector<const PastingMacro *> Pasting;
  if (Word != Sought)
    for (const PastingMacro &M : pastingDestructions(DB))
      if (M.name == Word)
        Pasting.push_back(&M);
  const ConditionTable *Around = nullptr; // made when the first use asks for it
  for (const OutlineToken &T : DB.tokens(File, Word)) {
    if (!Pasting.empty() && llvm::all_of(Pasting, [&](const PastingMacro *M) { return makesAnother(M->directive, Text, T, Word, Sought); }))
      continue;
    if (!matches(T, Kind) || T.in_directive || isHarmless(DB, Text, T, Word, Kind))
      continue;
    Around = Around ? Around : &DB.conditionsIn(File);
    const ConditionTable::Id Conditions = Around->at(T.line);
    const std::vector<std::string> &All = Around->conditions(Conditions);
    bool Foreign = std::find(All.begin(), All.end(), "!defined(__KERNEL__)") != All.end(); // never part of a kernel
    if (All.empty() || Foreign)
      continue;
    if (!DB.conditionsShownIn(File).count(Conditions)) // under which the parse has shown a call
      Result.insert(File + ":" + std::to_string(T.line));
  }
}

} // namespace

bool isAllocatorFunction(const Database &DB, const std::string &Symbol) {
  std::string Name = plainName(Symbol);
  if (DB.rules().free(Name) || DB.rules().cacheDestroy(Name) || DB.rules().cacheCreate(Name))
    return true;
  if (StringRef(homeOf(Symbol)).starts_with("include/linux/slab"))
    return true;
  const std::vector<FunctionPlace> &Places = DB.definitionsOf(Name);
  return !Places.empty() && std::all_of(Places.begin(), Places.end(), [&](const FunctionPlace &P) {
    StringRef File = DB.index().files()[P.file].path;
    return File.starts_with("mm/") || File.starts_with("include/linux/slab") || File == "include/linux/mempool.h";
  });
}

std::vector<std::string> unseenDefinitions(const Database &DB, const std::string &Symbol) {
  std::vector<std::string> Result;
  std::string Name = plainName(Symbol), Home = homeOf(Symbol);
  std::set<std::string> Files;
  if (Home.empty())
    for (const FunctionPlace &P : DB.definitionsOf(Name))
      Files.insert(DB.index().files()[P.file].path);
  else
    Files.insert(Home);
  for (const std::string &File : Files) {
    int Id = DB.index().find(File);
    auto O = Id < 0 || !StringRef(File).ends_with(".c") ? nullptr : DB.outline(static_cast<uint32_t>(Id));
    if (!O)
      continue;
    const std::set<unsigned> &Seen = DB.linesShownIn(File);
    auto SeenElsewhere = [&](unsigned Line) {
      return llvm::any_of(DB.otherConfigurations(), [&](const OtherConfiguration &C) {
        return llvm::any_of(C.facts.summaries, [&](const FunctionSummary &S) { return S.begin && S.where.line == Line && S.where.file == File; });
      });
    };
    auto First = std::lower_bound(O->by_name.begin(), O->by_name.end(), Name, [&](uint32_t F, const std::string &N) { return O->functions[F].name < N; });
    for (; First != O->by_name.end() && O->functions[*First].name == Name; ++First) {
      const OutlineFunction &F = O->functions[*First];
      if ((Home.empty() || F.is_static) && !Seen.count(F.line) && !SeenElsewhere(F.line))
        Result.push_back(File + ":" + std::to_string(F.line));
    }
  }
  return Result;
}

static bool isOfMount(StringRef Path) { return Path.consume_front(Tree::MountPoint) && Path.starts_with("/"); }

std::shared_ptr<const std::string> textOf(const Database &DB, const std::string &File) {
  if (int Id = DB.index().find(File); Id >= 0)
    return DB.index().text(static_cast<uint32_t>(Id));
  std::optional<std::string> Other = DB.otherText(File);
  return Other ? std::make_shared<const std::string>(std::move(*Other)) : nullptr;
}

std::vector<uint32_t> headersBelow(const Index &I, const std::string &Directory) {
  const std::vector<IndexedFile> &Files = I.files();
  std::vector<uint32_t> Result;
  auto First = std::lower_bound(Files.begin(), Files.end(), Directory, [](const IndexedFile &F, const std::string &Path) { return F.path < Path; });
  for (auto It = First; It != Files.end() && StringRef(It->path).starts_with(Directory); ++It)
    if (!StringRef(It->path).ends_with(".c"))
      Result.push_back(static_cast<uint32_t>(It - Files.begin()));
  return Result;
}

/// Texts near `Home` that spell the word and do not include it, but are included together with it: a fragment uses what stands before it.
static std::vector<uint32_t> fragmentsNear(const Database &DB, const std::string &Word, const std::string &Home, const std::vector<uint32_t> &Visible) {
  const std::string Around = surroundingsOf(Home);
  if (StringRef(Around).starts_with("include/")) // what stands there is for everybody and includes what it needs
    return {};
  const std::vector<IndexedFile> &Files = DB.index().files();
  std::vector<uint32_t> Near = headersBelow(DB.index(), Around);
  std::erase_if(Near, [&](uint32_t File) { return std::binary_search(Visible.begin(), Visible.end(), File); });
  std::vector<uint32_t> Result = DB.index().mentioningAmong(Word, &Near);
  std::erase_if(Result, [&](uint32_t File) {
    const std::vector<uint32_t> &Includers = DB.transitiveIncludersOf(Files[File].path);
    return std::none_of(Includers.begin(), Includers.end(), [&](uint32_t I) { return std::binary_search(Visible.begin(), Visible.end(), I); });
  });
  return Result;
}

/// Whether what is declared in `Home` may stand where a macro of `File` is used: a static of a source file only there.
static bool seesMacro(const Database &DB, const std::string &Home, const std::string &File) {
  int Id = DB.index().find(Home);
  if (Id < 0 || !StringRef(Home).ends_with(".c") || Home == File)
    return true;
  const std::vector<uint32_t> &Includers = DB.transitiveIncludersOf(File);
  return std::binary_search(Includers.begin(), Includers.end(), static_cast<uint32_t>(Id));
}

static MentionPlan makePlan(const Database &DB, const std::string &Word, MentionKind Kind, const std::string &Home) {
  MentionPlan Plan;
  struct Item {
    std::string word;
    MentionKind kind;
    std::string home;
    std::string pastes = {}; ///< directive of a macro that may make the name
  };
  std::vector<Item> Work{{Word, Kind, Home}};
  if (Kind != MentionKind::Function)
    for (const PastingMacro &M : pastingDestructions(DB))
      if (canPaste(M.directive, Word) && seesMacro(DB, Home, M.file))
        Work.push_back({M.name, MentionKind::Function, M.file, M.directive});
  std::set<std::string> Done;
  while (!Work.empty()) {
    Item It = std::move(Work.back());
    Work.pop_back();
    if (!Done.insert(It.word).second)
      continue;
    Plan.demand.words.insert(It.word);
    const bool Own = It.home.empty() && DB.isOfModule(It.word); // what the kernel calls so is another one
    std::vector<uint32_t> Visible;
    if (!It.home.empty()) {
      Visible = DB.index().transitiveIncludersOf(It.home);
      if (int Id = DB.index().find(It.home); Id >= 0)
        Visible.insert(std::lower_bound(Visible.begin(), Visible.end(), static_cast<uint32_t>(Id)), static_cast<uint32_t>(Id));
    }
    std::vector<uint32_t> Mentioning = It.home.empty() ? DB.mentioning(It.word) : DB.index().mentioningAmong(It.word, &Visible);
    if (!It.home.empty())
      for (uint32_t File : fragmentsNear(DB, It.word, It.home, Visible)) {
        Plan.fragments.insert(DB.index().files()[File].path);
        Mentioning.push_back(File);
      }
    for (uint32_t File : Mentioning) {
      const std::string &Path = DB.index().files()[File].path;
      auto Text = Own && !isOfMount(Path) ? nullptr : DB.index().text(File);
      if (!Text)
        continue;
      for (const OutlineToken &T : DB.tokens(Path, It.word)) {
        if (!matches(T, It.kind) || (!It.pastes.empty() && makesAnother(It.pastes, *Text, T, It.word, Word)))
          continue;
        bool Source = StringRef(Path).ends_with(".c");
        if (Source)
          Plan.files.insert(Path);
        auto O = Source && !T.in_directive ? nullptr : DB.outline(File);
        if (!O || isHarmless(DB, *Text, T, It.word, It.kind))
          continue;
        if (T.in_directive) {
          for (const OutlineMacro &M : O->macros)
            if (std::binary_search(M.identifiers.begin(), M.identifiers.end(), It.word))
              Work.push_back({M.name, MentionKind::Function, Path});
        } else if (T.function >= 0) {
          const std::string &Name = O->functions[static_cast<size_t>(T.function)].name;
          if (Name == It.word)
            continue; // its own definition
          Plan.inlines.insert({Path, Name});
          if (!Source && It.home.empty() && It.kind == MentionKind::Variable && !StringRef(Path).starts_with("include/"))
            Plan.fragments.insert(Path); // an #if in it may hide more than the function
          Plan.demand.names.insert(Name);
          Work.push_back({Name, MentionKind::Function, Path});
        } else if (!Source) { // a table or a registration in a header: compiled with whatever includes it
          for (uint32_t User : DB.index().transitiveIncludersOf(Path))
            if (StringRef(DB.index().files()[User].path).ends_with(".c"))
              Plan.files.insert(DB.index().files()[User].path);
        }
      }
    }
  }
  if (Kind != MentionKind::Function)
    for (const PastingUse &U : usesThatPaste(DB, Plan.files, Word, /*Alone=*/StringRef(Home).ends_with(".c"))) {
      Plan.files.insert(U.source);
      Plan.demand.words.insert(U.macro);
      if (!U.function.empty())
        Plan.demand.names.insert(U.function);
    }
  return Plan;
}

void prepareCacheMentions(const Database &DB) {
  pastingDestructions(DB);
  readWidePastes(DB);
}

const MentionPlan &planMentions(const Database &DB, const std::string &Word, MentionKind Kind, const std::string &Home) {
  std::shared_ptr<const MentionPlan> &Known = DB.rememberedPlan(Word, static_cast<int>(Kind), Home);
  if (!Known)
    Known = std::make_shared<const MentionPlan>(makePlan(DB, Word, Kind, Home));
  return *Known;
}

std::vector<std::string> hiddenMentions(const Database &DB, const MentionPlan &Plan, const std::string &Word, MentionKind Kind) {
  std::set<std::string> Result;
  std::set<std::string> Texts = Plan.files;
  Texts.insert(Plan.fragments.begin(), Plan.fragments.end());
  for (const std::string &File : Texts) {
    int Id = DB.index().find(File);
    auto Text = Id < 0 ? nullptr : DB.index().text(static_cast<uint32_t>(Id));
    if (!Text)
      continue;
    for (const std::string &Each : Plan.demand.words) // the name itself, and the macros and inline functions that use it
      addHidden(DB, File, *Text, Each, Each == Word ? Kind : MentionKind::Function, Word, Result);
  }
  return {Result.begin(), Result.end()};
}

std::vector<std::string> unseenInlines(const Database &DB, const MentionPlan &Plan) {
  std::vector<std::string> Result;
  for (const auto &[Header, Name] : Plan.inlines) {
    if (DB.function(Name + "@" + Header) || DB.function(Name))
      continue;
    const std::vector<uint32_t> &Files = DB.mentioning(Name);
    if (std::any_of(Files.begin(), Files.end(), [&](uint32_t F) { return StringRef(DB.index().files()[F].path).ends_with(".c"); }))
      Result.push_back(Name + "() of " + Header);
  }
  return Result;
}

} // namespace krcu
