// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Why it is right. A body's meaning can differ between kernels in three ways: by a branch of an #if in it, by another definition of a macro or
// function that it names, and by the definition being brought in by another #include. All of these are #if groups of some text, so the choices of
// branches of these groups are all there is. They are not independent: the terms of the conditions are chosen, all of them
// freely (too many choices, never too few), and each choice of branches that comes out is a variant. Names that the body
// declares itself, members and tags are no macros. The kernel's primitives are known by their rules; only a definition of the file's
// own surroundings may stand in for one.
#include "tool/lifetime/variants.h"
#include "tool/index/condition_expression.h"
#include "tool/index/conditional_text.h"
#include "tool/index/locals.h"
#include "tool/lifetime/variant_choices.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

using clang::tok::TokenKind;

constexpr size_t MaxWords = 4000;

/// A branch of a group of a file.
struct Place {
  std::string file;
  BranchPlace branch;
  friend auto operator<=>(const Place &, const Place &) = default;
};

/// What a function declares, up to some place in it.
struct Declared {
  std::shared_ptr<const llvm::StringMap<uint32_t>> names; ///< with the offset of each from the function's beginning
  uint32_t end = 0;
  bool contains(StringRef Name) const {
    auto It = names->find(Name);
    return It != names->end() && It->second < end;
  }
};

/// Of a text from `Begin` to `End`. Many sites may stand in one function, in order: what was read for the last of them is kept, and read a
/// good bit ahead. A declaration is known by what stands before it and a word behind it.
Declared declaredBetween(const std::shared_ptr<const std::string> &Text, uint32_t Begin, uint32_t End) {
  struct Read {
    std::shared_ptr<const std::string> text; // holds it, so that no other text has its address
    uint32_t begin = 0, end = 0;
    std::shared_ptr<const llvm::StringMap<uint32_t>> names;
  };
  thread_local Read Last;
  if (Last.text != Text || Last.begin != Begin || Last.end < End) {
    const uint32_t Ahead = std::max(End - Begin, 4096u);
    Last = {Text, Begin, static_cast<uint32_t>(std::min<size_t>(Text->size(), size_t(End) + Ahead)), nullptr};
    Last.names = std::make_shared<const llvm::StringMap<uint32_t>>(declarationsIn(LexedText(StringRef(*Text).slice(Begin, Last.end))));
  }
  return {Last.names, End - Begin};
}

class Planner {
public:
  Planner(const Database &DB, const VariantQuestion &Q) : DB(DB), I(DB.index()), Q(Q), Around(surroundingsOf(Q.main)) {}

  VariantPlan run() {
    for (const BodyPlace &B : Q.bodies)
      readBody(B);
    if (!Groups.empty())
      chooseBranches(DB, Q, Groups, Optional, Plan);
    return std::move(Plan);
  }

private:
  struct Definition {
    enum Kind { Macro, Undef, Function } kind;
    std::string file;
    unsigned line;
  };

  std::shared_ptr<const std::string> textOf(const std::string &File) const {
    int Id = I.find(File);
    return Id < 0 ? nullptr : I.text(static_cast<uint32_t>(Id));
  }

  void readBody(const BodyPlace &B) {
    auto Text = textOf(B.file);
    if (!Text || B.end > Text->size() || B.begin >= B.end)
      return unclear({B.file, 1, 1}, "cannot be read again");
    StringRef Slice = StringRef(*Text).slice(B.begin, B.end);
    LexedText L(Slice);
    const bool Inside = Q.scope && Q.scope->file == B.file && Q.scope->end <= Text->size();
    const Declared Own = Inside ? declaredBetween(Text, Q.scope->begin, Q.scope->end)
                                : Declared{std::make_shared<const llvm::StringMap<uint32_t>>(declarationsIn(L)), static_cast<uint32_t>(Slice.size())};
    if (!L.directives().empty())
      readDirectives(B, L);
    std::vector<const LexToken *> T;
    for (const LexToken &Each : L.tokens())
      if (Each.directive < 0 || L.directives()[static_cast<size_t>(Each.directive)].keyword == "define")
        T.push_back(&Each);
    words(T, Own);
  }

  /// The groups of a body; what else changes it cannot be shown.
  void readDirectives(const BodyPlace &B, const LexedText &L) {
    unsigned First = 0;
    if (auto Whole = DB.conditional(B.file)) {
      First = Whole->lexed().lineOf(B.begin) - 1;
      if (!Whole->balanced())
        unclear({B.file, First + 1, 1}, "stands in a file whose #if and #endif do not pair up");
      for (size_t G : Whole->between(B.begin, B.end))
        Groups.insert({B.file, G});
    }
    for (const LexDirective &D : L.directives())
      if ((D.keyword.starts_with("include") || D.keyword.empty()) && !readFragment(B, L.text().substr(D.offset)))
        unclear({B.file, First + D.line, 1}, "is text from another file");
  }

  /// A file beside it that is included in the middle of a body is a part of the body; not where the free itself stands, for nobody would take
  /// that away with the callback.
  bool readFragment(const BodyPlace &B, StringRef Directive) {
    StringRef Line = Directive.split('\n').first.split("include").second.ltrim();
    if (!Line.consume_front("\"") || !Line.contains('"') || Fragments.size() > MaxFragments)
      return false;
    llvm::SmallString<128> Path(llvm::sys::path::parent_path(B.file));
    llvm::sys::path::append(Path, Line.take_until([](char C) { return C == '"'; }));
    llvm::sys::path::remove_dots(Path, /*remove_dot_dot=*/true);
    std::string File(Path);
    auto Text = textOf(File);
    auto Whole = Text && !Text->empty() ? DB.conditional(File) : nullptr;
    if (!Whole || !Whole->balanced() || !Fragments.insert(File).second)
      return false;
    if (llvm::any_of(Whole->lexed().tokens(), [&](const LexToken &T) { return DB.rules().free(T.text.str()) != nullptr; }))
      return false;
    readBody({File, 0, static_cast<uint32_t>(Text->size())});
    return true;
  }

  /// `But`: names that are no macros, anything with contains().
  template <class Names> void words(const std::vector<const LexToken *> &T, const Names &But) {
    for (size_t N = 0; N < T.size(); ++N) {
      if (!T[N]->isIdentifier())
        continue;
      StringRef Before = N ? T[N - 1]->text : StringRef();
      if (Before == "." || Before == "->" || Before == "struct" || Before == "union" || Before == "enum" || Before == "goto" || But.contains(T[N]->text))
        continue;
      if (isContainer(T[N]->text))
        skipMember(T, N, But);
      else
        consider(T[N]->text, N + 1 < T.size() && T[N + 1]->is(TokenKind::l_paren));
    }
  }

  bool isContainer(StringRef Word) const { return llvm::is_contained(DB.rules().container_macros, Word); }

  /// container_of(pointer, type, member): reads the first two arguments and goes to the end of the third, which is no macro.
  template <class Names> void skipMember(const std::vector<const LexToken *> &T, size_t &N, const Names &But) {
    size_t End = N + 1, Member = 0;
    int Depth = 0, Commas = 0;
    for (; End < T.size(); ++End) {
      Depth += T[End]->is(TokenKind::l_paren) ? 1 : T[End]->is(TokenKind::r_paren) ? -1 : 0;
      if (Depth <= 0)
        break;
      if (Depth == 1 && T[End]->is(TokenKind::comma) && ++Commas == 2)
        Member = End;
    }
    consider(T[N]->text, true);
    if (!Member)
      return;
    words(std::vector<const LexToken *>(T.begin() + static_cast<long>(N) + 1, T.begin() + static_cast<long>(Member)), But);
    N = End;
  }

  bool isPrimitive(const std::string &Word) const {
    const Rules &R = DB.rules();
    bool Plain = llvm::is_contained({"likely", "unlikely", "offsetof", "NULL", "true", "false", "bool"}, StringRef(Word));
    return Plain || R.free(Word) || R.deferral(Word) || isContainer(Word) || llvm::is_contained(R.effect_calls, Word);
  }

  /// In the surroundings of the parsed file: its directory, or the whole module.
  bool isNear(StringRef File) const { return File.starts_with(Around); }

  bool reaches(const std::string &File) const {
    if (File == Q.main)
      return true;
    const std::vector<uint32_t> &Includers = DB.transitiveIncludersOf(File), &Through = DB.transitiveIncludersOf(Q.main);
    int Main = I.find(Q.main);
    auto Includes = [&](uint32_t From) { return std::binary_search(Includers.begin(), Includers.end(), From); };
    return (Main >= 0 && Includes(static_cast<uint32_t>(Main))) || std::any_of(Through.begin(), Through.end(), Includes);
  }

  bool isOwnFunction(const std::string &Word) const {
    const std::vector<FunctionPlace> &Places = DB.definitionsOf(Word);
    return std::any_of(Places.begin(), Places.end(), [&](const FunctionPlace &P) { return I.files()[P.file].path == Q.main; });
  }

  /// In a source that is linked with this one: a declaration is enough to call it.
  bool isDefinedElsewhere(const std::string &Word) const {
    return llvm::any_of(DB.definitionsOf(Word), [&](const FunctionPlace &P) {
      const std::string &File = I.files()[P.file].path;
      if (File == Q.main || !StringRef(File).ends_with(".c") || isForeign(File))
        return false;
      auto O = DB.outline(P.file);
      return !O || llvm::none_of(O->functions, [&](const OutlineFunction &F) { return F.line == P.line && F.is_static; });
    });
  }

  /// Whether another branch of a group around the definition names it, as the declaration of a function does; who defines that may not be there.
  bool isDeclaredBeside(const Definition &D, const std::string &Word) const {
    auto Text = DB.conditional(D.file);
    if (!Text)
      return false;
    const std::vector<BranchPlace> Around = Text->around(Text->lexed().offsetOf(D.line));
    llvm::ArrayRef<LexToken> T = Text->lexed().tokens();
    for (size_t N = 0; N + 1 < T.size(); ++N) {
      if (T[N].text != Word || T[N].directive >= 0 || !T[N + 1].is(TokenKind::l_paren))
        continue;
      for (const BranchPlace &There : Text->around(T[N].offset))
        if (llvm::any_of(Around, [&](const BranchPlace &Here) { return Here.group == There.group && Here.branch != There.branch; }))
          return true;
    }
    return false;
  }

  /// Another architecture's header is none of this parse.
  bool isForeign(StringRef File) const { return File.starts_with("arch/") && !File.starts_with("arch/x86/") && !StringRef(Q.main).starts_with("arch/"); }

  std::vector<Definition> definitionsOf(const std::string &Word, bool Called) const {
    std::vector<Definition> Result;
    bool Primitive = isPrimitive(Word);
    auto Counts = [&](const std::string &File) { return (Primitive ? isNear(File) : !isForeign(File)) && reaches(File); };
    auto Macros = [&](const std::string &File) {
      if (!Counts(File))
        return;
      auto Text = DB.conditional(File);
      for (uint32_t N : Text ? Text->definesOf(Word) : llvm::ArrayRef<uint32_t>()) {
        const LexDirective &D = Text->lexed().directives()[N];
        Result.push_back({D.keyword == "define" ? Definition::Macro : Definition::Undef, File, D.line});
      }
    };
    Macros(Q.main);
    for (uint32_t File : DB.definingMacro(Word, Around))
      if (I.files()[File].path != Q.main)
        Macros(I.files()[File].path);
    // Nobody's own static function shares its name with a macro of the kernel.
    if (!Primitive && !StringRef(Around).starts_with("include/") && !isOwnFunction(Word))
      for (uint32_t File : DB.definingMacro(Word, ""))
        Macros(I.files()[File].path);
    // What a function does before the call is not asked; it cannot change the locals that the call names.
    if (Called && !Q.function.empty())
      for (const FunctionPlace &P : DB.definitionsOf(Word)) {
        const std::string &File = I.files()[P.file].path;
        if ((File == Q.main || !StringRef(File).ends_with(".c")) && Counts(File))
          Result.push_back({Definition::Function, File, P.line});
      }
    return Result;
  }

  void consider(StringRef Name, bool Called) {
    std::string Word = Name.str();
    if (isKeyword(Name) || !Seen.insert(Word + (Called ? "(" : "")).second)
      return;
    if (Seen.size() == MaxWords)
      unclear({Q.main, 1, 1}, "too many names stand behind its macros");
    if (Seen.size() >= MaxWords)
      return;
    if (llvm::is_contained(DB.rules().checks, Word))
      return; // a person must look at it, whatever it is
    std::vector<Definition> All = definitionsOf(Word, Called);
    if (!All.empty())
      Plan.read.insert(Word);
    if (std::all_of(All.begin(), All.end(), [&](const Definition &D) { return isAnnotation(D, Word, 0); }))
      return; // or there is no definition
    std::vector<std::set<Place>> Branches;
    bool Conditional = false;
    for (const Definition &D : All) {
      Branches.push_back(around(D));
      Conditional = Conditional || !Branches.back().empty();
    }
    // Of the kernel's own headers a lone definition under #if is the only one there can be, unless the other branch declares a function; nearer
    // ones may stand before the kernel's.
    const bool Linked = Called && Conditional && (isDefinedElsewhere(Word) || llvm::any_of(All, [&](const Definition &D) { return isDeclaredBeside(D, Word); }));
    if (Conditional && (All.size() > 1 || Linked || isNear(All.front().file)))
      addAlternatives(Word, All, Branches, Linked);
    for (const Definition &D : All)
      if (D.kind == Definition::Macro)
        readMacro(D, Word);
  }

  /// The replacement list of a macro.
  llvm::ArrayRef<LexToken> replacementOf(const Definition &D, const std::string &Word, llvm::StringSet<> &Parameters) const {
    auto Text = DB.conditional(D.file);
    for (const LexDirective &Each : Text->lexed().directives()) {
      llvm::ArrayRef<LexToken> T = Text->lexed().tokensOf(Each);
      if (Each.line != D.line || Each.keyword != "define" || T.empty() || T[0].text != Word)
        continue;
      size_t Begin = 1;
      if (T.size() > 1 && T[1].is(TokenKind::l_paren) && !T[1].leading_space)
        for (Begin = 2; Begin < T.size() && !T[Begin - 1].is(TokenKind::r_paren); ++Begin)
          if (T[Begin].isIdentifier())
            Parameters.insert(T[Begin].text);
      return T.drop_front(Begin);
    }
    return {};
  }

  /// A macro that is attributes in one kernel and nothing in another has no effect in either.
  bool isAnnotation(const Definition &D, const std::string &Word, unsigned Steps) const {
    llvm::StringSet<> Parameters;
    if (D.kind != Definition::Macro || Steps > 3)
      return false;
    llvm::ArrayRef<LexToken> T = replacementOf(D, Word, Parameters);
    for (size_t N = 0; N < T.size();) { // words, each perhaps with arguments
      std::string Inner = T[N].text.str();
      if (!T[N].isIdentifier())
        return false;
      if (Inner != "__attribute__") {
        std::vector<Definition> All = definitionsOf(Inner, false);
        if (All.empty() || !std::all_of(All.begin(), All.end(), [&](const Definition &I) { return isAnnotation(I, Inner, Steps + 1); }))
          return false;
      }
      int Depth = 0;
      for (++N; N < T.size() && (Depth > 0 || T[N].is(TokenKind::l_paren)); ++N) {
        Depth += T[N].is(TokenKind::l_paren) ? 1 : T[N].is(TokenKind::r_paren) ? -1 : 0;
        if (T[N].text.contains("cleanup")) // runs a function
          return false;
      }
    }
    return true;
  }

  /// \p Linked: there may be none of them.
  void addAlternatives(const std::string &Word, const std::vector<Definition> &All, const std::vector<std::set<Place>> &Branches, bool Linked) {
    for (const std::set<Place> &Each : Branches)
      for (const Place &P : Each)
        if (All.size() == 1 || Linked || std::any_of(Branches.begin(), Branches.end(), [&](const std::set<Place> &Other) { return !Other.count(P); }))
          Groups.insert({P.file, P.branch.group});
    if (DB.definitionsOf(Word).empty())
      Optional.insert(Word);
  }

  void readMacro(const Definition &D, const std::string &Word) {
    llvm::StringSet<> Parameters;
    Parameters.insert(Word);
    std::vector<const LexToken *> Body;
    for (const LexToken &Each : replacementOf(D, Word, Parameters))
      Body.push_back(&Each);
    words(Body, Parameters);
  }

  /// The branches that a definition stands in, and those around the #include that brings its file.
  std::set<Place> around(const Definition &D) {
    std::set<Place> Result = includedUnder(D.file);
    if (auto Text = DB.conditional(D.file))
      for (const BranchPlace &B : Text->around(Text->lexed().offsetOf(D.line)))
        if (matters(D.file, *Text, B))
          Result.insert({D.file, B});
    return Result;
  }

  /// CC_HAS_ASM_INLINE and the like: what the tools can do.
  static bool isOfTools(const std::string &Symbol) {
    StringRef First = StringRef(Symbol).split('_').first;
    return llvm::is_contained({"CC", "AS", "LD", "GCC", "CLANG", "PAHOLE"}, First);
  }

  /// Whether somebody's choice decides the group: not "#ifdef __KERNEL__". In the kernel's own headers that is the configuration; what the
  /// compiler has, or an architecture does in its own way, nobody chooses.
  bool matters(const std::string &File, const ConditionalText &Text, const BranchPlace &B) const {
    return std::any_of(Text.groups()[B.group].branches.begin(), Text.groups()[B.group].branches.end(), [&](const ConditionalBranch &Branch) {
      ConditionExpression E(Branch.condition);
      return std::any_of(E.symbols.begin(), E.symbols.end(), [](const std::string &S) { return !isOfTools(S); }) ||
             (isNear(File) && (!E.versions.empty() || !E.others.empty()));
    });
  }

  /// Of the ways from the parsed file to `File` over near files, the one with the fewest conditions.
  const std::set<Place> &includedUnder(const std::string &File) {
    auto [It, New] = Included.try_emplace(File);
    if (!New || File == Q.main)
      return It->second;
    std::optional<std::set<Place>> Best;
    for (uint32_t Id : I.includersOf(File)) {
      const std::string &From = I.files()[Id].path;
      if (From != Q.main && !(isNear(From) && reaches(From)))
        continue;
      std::set<Place> Way = From == Q.main ? std::set<Place>() : includedUnder(From);
      auto Text = DB.conditional(From);
      for (const LexDirective &D : Text ? Text->lexed().directives() : std::vector<LexDirective>()) {
        if (!D.keyword.starts_with("include") || !includes(*Text, D, File))
          continue;
        std::set<Place> Here = Way;
        for (const BranchPlace &B : Text->around(D.offset))
          if (matters(From, *Text, B))
            Here.insert({From, B});
        if (!Best || Here.size() < Best->size())
          Best = std::move(Here);
      }
    }
    return Included[File] = Best.value_or(std::set<Place>());
  }

  static bool includes(const ConditionalText &Text, const LexDirective &D, StringRef File) {
    StringRef Line = Text.lexed().text().substr(D.offset).split('\n').first;
    size_t Slash = File.rfind('/');
    return Line.contains(Slash == StringRef::npos ? File : File.substr(Slash + 1));
  }

  void unclear(Location Where, std::string Text) { Plan.unclear.push_back({std::move(Where), std::move(Text)}); }

  const Database &DB;
  const Index &I;
  const VariantQuestion &Q;
  const std::string Around;
  VariantPlan Plan;
  static constexpr size_t MaxFragments = 20;
  std::set<std::string> Fragments; ///< that stand in a body
  std::set<GroupPlace> Groups;
  std::set<std::string> Optional;
  llvm::StringSet<> Seen;
  std::map<std::string, std::set<Place>> Included;
};

} // namespace

std::string TextVariant::key() const {
  std::string Key = main + "|" + function + "|" + site.file + ":" + std::to_string(site.line) + ":" + std::to_string(site.column) + "|" + setting.arch;
  for (const auto &[Symbol, Value] : setting.force)
    Key += "," + Symbol + "=" + Value;
  for (const auto &[File, Groups] : taken) {
    Key += "|" + File;
    for (const auto &[Group, Branch] : Groups)
      Key += ":" + std::to_string(Group) + "=" + std::to_string(Branch);
  }
  return Key;
}

VariantPlan planVariants(const Database &DB, const VariantQuestion &Q) { return Planner(DB, Q).run(); }

std::map<std::string, std::string> textsOf(const Database &DB, const TextVariant &V) {
  std::map<std::string, std::string> Result;
  for (const auto &[File, Taken] : V.taken)
    if (auto Text = DB.conditional(File))
      Result.emplace(File, Text->turned(Taken));
  return Result;
}

bool isMacro(const Database &DB, const std::string &Word, const std::string &File) {
  int Id = DB.index().find(File);
  std::vector<uint32_t> Own;
  if (Id >= 0)
    Own.push_back(static_cast<uint32_t>(Id));
  return !DB.index().definingMacro(Word, &Own).empty() || !DB.definingMacro(Word, surroundingsOf(File)).empty() || !DB.definingMacro(Word, "").empty();
}

bool holdsDirective(const Database &DB, const std::string &File, uint32_t Begin, uint32_t End) {
  int Id = DB.index().find(File);
  auto Text = Id < 0 ? nullptr : DB.index().text(static_cast<uint32_t>(Id));
  if (!Text || End > Text->size() || Begin >= End || !StringRef(*Text).slice(Begin, End).contains('#'))
    return false;
  return !LexedText(StringRef(*Text).slice(Begin, End)).directives().empty();
}

} // namespace krcu
