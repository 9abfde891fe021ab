// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/unload/module_text.h"
#include "tool/index/lex.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

namespace tok = clang::tok;

constexpr size_t MaxPlaces = 4; ///< a name with more definitions is not followed

bool isWordChar(char C) { return llvm::isAlnum(C) || C == '_'; }

/// #define RUN(f) f(): a macro that calls what it is handed.
bool callsItsParameter(StringRef Text, const OutlineMacro &M) {
  StringRef Parameters = Text.slice(M.name_begin + M.name.size(), M.begin), Body = Text.slice(M.begin, M.end);
  const std::set<std::string> Names = wordsOf(Parameters);
  return M.begin && M.takes_arguments && llvm::any_of(Names, [&](const std::string &Name) {
    for (size_t At = Body.find(Name + "("); At != StringRef::npos; At = Body.find(Name + "(", At + 1))
      if (At == 0 || !isWordChar(Body[At - 1]))
        return true;
    return false;
  });
}

} // namespace

const OutsideWait *WaitMemory::known(const TextFunction &F, unsigned Depth) const {
  std::lock_guard Guard(Lock);
  auto It = Known.find({&F, Depth});
  return It == Known.end() ? nullptr : &It->second;
}

const OutsideWait &WaitMemory::keep(const TextFunction &F, unsigned Depth, OutsideWait Wait) {
  std::lock_guard Guard(Lock);
  return Known.try_emplace({&F, Depth}, std::move(Wait)).first->second;
}

std::optional<bool> NameMemory::within(const TextFunction &F, unsigned Steps) const {
  std::lock_guard Guard(Lock);
  auto It = Known.find(&F);
  if (It == Known.end())
    return std::nullopt;
  if (Steps >= It->second.at_most)
    return true;
  return static_cast<int>(Steps) <= It->second.more_than ? std::optional(false) : std::nullopt;
}

bool NameMemory::keep(const TextFunction &F, unsigned Steps, bool Within) {
  std::lock_guard Guard(Lock);
  Bounds &B = Known[&F];
  if (Within)
    B.at_most = std::min(B.at_most, Steps);
  else
    B.more_than = std::max(B.more_than, static_cast<int>(Steps));
  return Within;
}

WaitMemory &TreeText::memory(const std::string &Kind) {
  std::lock_guard Guard(Lock);
  return Memories[Kind];
}

NameMemory &TreeText::names(const std::string &Kind) {
  std::lock_guard Guard(Lock);
  return Names[Kind];
}

const Flow &TreeText::flow(const TextFunction &F) {
  const uint64_t Key = (uint64_t(F.id) << 32) | F.text->name_begin;
  {
    std::lock_guard Guard(Lock);
    if (auto It = Flows.find(Key); It != Flows.end())
      return *It->second;
  }
  auto Text = DB.index().text(F.id);
  auto Made = std::make_unique<Flow>(Text ? flowOf(*Text, *F.text) : Flow());
  if (Made->nodes.empty())
    Made->nodes.resize(2);
  std::lock_guard Guard(Lock);
  return *Flows.try_emplace(Key, std::move(Made)).first->second;
}

/// What the name means where no static of the file is meant.
TreeText::Meaning TreeText::meaningOf(const std::string &Name) {
  Meaning M;
  const std::vector<FunctionPlace> &Places = DB.definitionsOf(Name);
  if (Places.size() > 2 * MaxPlaces) {
    M.too_many = true;
    return M;
  }
  for (const FunctionPlace &P : Places) {
    auto O = DB.outline(P.file);
    const OutlineFunction *F = O ? O->function(Name) : nullptr;
    const std::string &Path = DB.index().files()[P.file].path;
    if (!F || (!M.all.empty() && M.all.back().file == Path))
      continue;
    M.all.push_back({Name, Path, F->is_static ? Name + "@" + Path : Name, P.file, F, false});
    std::lock_guard Guard(Lock);
    Held.push_back(std::move(O));
  }
  bool External = std::any_of(M.all.begin(), M.all.end(), [](const TextFunction &F) { return F.symbol == F.name; });
  for (const TextFunction &F : M.all) {
    // Where no source defines it for all, the inline function of a header is what is called.
    bool Header = StringRef(F.file).ends_with(".h");
    if (F.symbol == F.name || (Header && !External))
      M.others.push_back(F);
  }
  if (M.others.size() > MaxPlaces)
    M.others.clear();
  return M;
}

llvm::ArrayRef<TextFunction> TreeText::visible(const std::string &Name, const std::string &File) {
  const Meaning *Known = nullptr;
  {
    std::lock_guard Guard(Lock);
    if (auto It = Seen.find(Name); It != Seen.end())
      Known = &It->second;
  }
  if (!Known) {
    Meaning Made = meaningOf(Name);
    std::lock_guard Guard(Lock);
    Known = &Seen.try_emplace(Name, std::move(Made)).first->second;
  }
  if (Known->too_many)
    return ownOf(Name, File);
  for (const TextFunction &F : Known->all)
    if (F.file == File)
      return F;
  return Known->others;
}

/// The file's own function of a name that many files have: a helper called cleanup(), say.
llvm::ArrayRef<TextFunction> TreeText::ownOf(const std::string &Name, const std::string &File) {
  const std::pair Key(Name, File);
  {
    std::lock_guard Guard(Lock);
    if (auto It = Owns.find(Key); It != Owns.end())
      return It->second;
  }
  std::vector<TextFunction> Made;
  const int Id = DB.index().find(File);
  auto O = Id < 0 ? nullptr : DB.outline(static_cast<uint32_t>(Id));
  if (const OutlineFunction *F = O ? O->function(Name) : nullptr)
    Made.push_back({Name, File, F->is_static ? Name + "@" + File : Name, static_cast<uint32_t>(Id), F, false});
  std::lock_guard Guard(Lock);
  if (!Made.empty())
    Held.push_back(std::move(O));
  return Owns.try_emplace(Key, std::move(Made)).first->second;
}

const std::vector<TextVariable> &TreeText::variables(const std::string &File) {
  {
    std::lock_guard Guard(Lock);
    if (auto It = Variables.find(File); It != Variables.end())
      return It->second;
  }
  int Id = DB.index().find(File);
  auto Text = Id < 0 ? nullptr : DB.index().text(static_cast<uint32_t>(Id));
  std::vector<TextVariable> Made = Text ? variablesIn(*Text, File) : std::vector<TextVariable>();
  std::lock_guard Guard(Lock);
  return Variables.try_emplace(File, std::move(Made)).first->second;
}

ModuleText::ModuleText(std::shared_ptr<TreeText> Texts, std::vector<std::string> Names) : Shared(std::move(Texts)), Tree(*Shared), Files(std::move(Names)) {
  std::sort(Files.begin(), Files.end());
  const Database &DB = Tree.database();
  std::vector<std::pair<uint32_t, const Outline *>> Outlines;
  for (const std::string &File : Files) {
    int Id = DB.index().find(File);
    auto O = Id < 0 ? nullptr : DB.outline(static_cast<uint32_t>(Id));
    if (!O)
      continue;
    Outlines.emplace_back(static_cast<uint32_t>(Id), O.get());
    for (const OutlineFunction &F : O->functions)
      Functions.emplace(F.name, TextFunction{F.name, File, F.is_static ? F.name + "@" + File : F.name, static_cast<uint32_t>(Id), &F, true});
    for (const std::string &Name : O->top_level_identifiers)
      TopLevel[Name].push_back(File);
    Held.push_back(std::move(O));
    Ids.push_back(static_cast<uint32_t>(Id));
  }
  addMacros(Outlines);
  addCleanups(Outlines);
  std::sort(Ids.begin(), Ids.end());
  for (const auto &[Name, F] : Functions)
    ByPlainName[Name].push_back(&F);
}

/// Macros of the module that queue, wait, stop or destroy are functions like its others, with statements that stand in a directive.
void ModuleText::addMacros(llvm::ArrayRef<std::pair<uint32_t, const Outline *>> Outlines) {
  const Rules &R = Tree.database().rules();
  std::set<std::string> Words(R.work_ends.begin(), R.work_ends.end());
  for (const BarrierRule &B : R.barriers)
    Words.insert(B.name);
  for (const CacheRule &C : R.cache_destroy)
    Words.insert(C.name);
  for (const DeferralRule &D : R.deferrals)
    Words.insert(D.name);
  std::set<std::pair<uint32_t, const OutlineMacro *>> Taken;
  for (bool Again = true; Again;) { // a macro may stand for another one
    Again = false;
    for (const auto &[Id, O] : Outlines)
      for (const OutlineMacro &M : O->macros)
        if (M.begin && !Functions.count(M.name) && llvm::any_of(M.identifiers, [&](const std::string &W) { return Words.count(W) != 0; }) && Taken.emplace(Id, &M).second)
          Again = Words.insert(M.name).second || Again;
  }
  for (const auto &[Id, O] : Outlines) {
    auto Text = O->macros.empty() || StringRef(Tree.database().index().files()[Id].path).ends_with(".h") ? nullptr : Tree.database().index().text(Id);
    for (const OutlineMacro &M : O->macros)
      if (Text && !Functions.count(M.name) && callsItsParameter(*Text, M))
        Taken.emplace(Id, &M);
  }
  for (const auto &[Id, M] : Taken) {
    const std::string &File = Tree.database().index().files()[Id].path;
    Macros.push_back({M->name, M->line, M->name_begin, M->name_begin, M->begin, M->end, true, M->identifiers});
    Functions.emplace(M->name, TextFunction{M->name, File, M->name + "@" + File, Id, &Macros.back(), true});
  }
}

/// DEFINE_FREE(item_put, struct item *, if (_T) item_drop(_T)): what __free(item_put) calls.
void ModuleText::addCleanups(llvm::ArrayRef<std::pair<uint32_t, const Outline *>> Outlines) {
  const Database &DB = Tree.database();
  for (const auto &[Id, O] : Outlines) {
    if (!std::binary_search(O->top_level_identifiers.begin(), O->top_level_identifiers.end(), "DEFINE_FREE"))
      continue;
    const std::string &File = DB.index().files()[Id].path;
    auto Text = DB.index().text(Id);
    for (const OutlineToken &T : DB.tokens(File, "DEFINE_FREE")) {
      StringRef Rest = StringRef(*Text).substr(T.offset);
      size_t First = Rest.find('('), Second = Rest.find(',', First), Third = Rest.find(',', Second + 1), End = Rest.find(");", Third);
      if (T.in_directive || T.function >= 0 || Third == StringRef::npos || End == StringRef::npos)
        continue;
      const std::string Name = Rest.slice(First + 1, Second).trim().str();
      if (Functions.count(Name))
        continue; // DEFINE_FREE(item_put, ..., item_put(_T))
      const auto At = static_cast<uint32_t>(T.offset + Third + 1), Stop = static_cast<uint32_t>(T.offset + End);
      const std::set<std::string> Words = wordsOf(Rest.slice(Third + 1, End));
      Macros.push_back({Name, T.line, At, At, At, Stop, true, {Words.begin(), Words.end()}});
      Functions.emplace(Name, TextFunction{Name, File, Name + "@" + File, Id, &Macros.back(), true});
    }
  }
}

const TextFunction *ModuleText::own(const std::string &Name, const std::string &File) const {
  auto It = ByPlainName.find(Name);
  const TextFunction *Other = nullptr;
  for (const TextFunction *F : It == ByPlainName.end() ? llvm::ArrayRef<const TextFunction *>() : llvm::ArrayRef(It->second)) {
    if (F->file == File)
      return F;
    if (!F->text->is_static || StringRef(F->file).ends_with(".h"))
      if (!Other || (StringRef(Other->file).ends_with(".h") && !StringRef(F->file).ends_with(".h")))
        Other = F;
  }
  return Other;
}

const TextFunction *ModuleText::bySymbol(const std::string &Symbol) const { return own(plainName(Symbol), homeOf(Symbol)); }

bool ModuleText::isMember(const std::string &Name) const {
  const Database &DB = Tree.database();
  const std::vector<uint32_t> In = Name.empty() ? std::vector<uint32_t>() : DB.index().mentioningAmong(Name, &Ids);
  return std::any_of(In.begin(), In.end(), [&](uint32_t File) {
    const std::vector<OutlineToken> &Tokens = DB.tokens(DB.index().files()[File].path, Name);
    return std::any_of(Tokens.begin(), Tokens.end(), [](const OutlineToken &T) { return T.after_member_access; });
  });
}

bool ModuleText::anyNames(const std::string &Word) const {
  if (auto It = NamingOne.find(Word); It != NamingOne.end())
    return !It->second.empty();
  auto [It, New] = Named.try_emplace(Word, false);
  if (New)
    It->second = std::any_of(Functions.begin(), Functions.end(), [&](const auto &Each) {
      const std::vector<std::string> &Ids = Each.second.text->identifiers;
      return std::binary_search(Ids.begin(), Ids.end(), Word);
    });
  return It->second;
}

const std::vector<ModuleText::Mention> &ModuleText::mentionsIn(const TextFunction &F) const {
  auto [It, New] = Mentions.try_emplace(&F);
  if (New)
    for (const std::string &Id : F.text->identifiers) {
      Mention M{own(Id, F.file), &Id, !variables(Id).empty()};
      if (M.function || M.variable)
        It->second.push_back(M);
    }
  return It->second;
}

void ModuleText::forEachVariable(llvm::function_ref<void(const TextVariable &)> Visit) const {
  for (const std::string &File : Files)
    if (!StringRef(File).ends_with(".h"))
      for (const TextVariable &V : Tree.variables(File))
        if (!V.made)
          Visit(V);
}

const std::vector<const TextVariable *> &ModuleText::variables(const std::string &Name) const {
  static const std::vector<const TextVariable *> None;
  auto Files = TopLevel.find(Name);
  if (Files == TopLevel.end())
    return None;
  auto [Known, New] = ByName.try_emplace(Name);
  std::vector<const TextVariable *> &Result = Known->second;
  if (New)
    for (const std::string &File : Files->second)
      for (const TextVariable &V : Tree.variables(File))
        if (V.name == Name && !V.made)
          Result.push_back(&V);
  return Result;
}

/// The call that the token is an argument of, in a function or at file scope, and stores to a member of it.
void ModuleText::addTogether(const std::string &File, const OutlineToken &T, const std::string &Name, std::set<std::string> &To, std::set<std::string> &Partners) const {
  int Id = Tree.database().index().find(File);
  auto Held = Tree.database().index().text(static_cast<uint32_t>(Id));
  if (!Held)
    return;
  StringRef Text = *Held;
  auto Take = [&](StringRef Word) {
    Word = Word.trim();
    Word.consume_front("&");
    if (const TextFunction *F = own(Word.str(), File); F && Word != Name)
      To.insert(F->symbol);
  };
  StringRef Rest = Text.substr(T.offset + Name.size()).ltrim();
  // name.func = f, name->func = f, name = thread(f, ...)
  if (Rest.consume_front(".") || Rest.consume_front("->")) {
    Rest = Rest.ltrim().drop_while(isWordChar).ltrim();
    while (Rest.consume_front(".") || Rest.consume_front("->"))
      Rest = Rest.ltrim().drop_while(isWordChar).ltrim();
    if (Rest.consume_front("=") && !Rest.starts_with("="))
      Take(Rest.ltrim().take_while(isWordChar));
    return;
  }
  StringRef Statement = Rest.take_until([](char C) { return C == ';' || C == '{' || C == '}'; });
  if (Rest.starts_with("=") && !Rest.starts_with("==")) {
    for (StringRef Part = Statement.drop_front(); !Part.empty();) {
      Part = Part.drop_until(isWordChar);
      StringRef Word = Part.take_while(isWordChar);
      Part = Part.drop_front(Word.size());
      if (!Part.ltrim().starts_with("("))
        Take(Word);
    }
    return;
  }
  // macro(&x->name, f): from the opening parenthesis on
  size_t Open = T.offset;
  for (int Level = 0; Open > 0; --Open) {
    char C = Text[Open - 1];
    if (C == ';' || C == '{' || C == '}')
      return;
    Level += C == ')';
    Level -= C == '(';
    if (Level < 0)
      break;
  }
  int Level = 0;
  for (size_t At = Open; At < Text.size(); ++At) {
    char C = Text[At];
    Level += C == '(';
    Level -= C == ')';
    if (Level < 0 || C == ';' || C == '{')
      return;
    if ((C == ',' || At == Open) && Level == 0) {
      StringRef Word = Text.substr(At + (C == ',')).ltrim();
      Word.consume_front("&");
      StringRef Plain = Word.take_while(isWordChar);
      if (std::string Partner = lastName(Word.take_until([](char X) { return X == ',' || X == ')' || X == ';'; })); !Partner.empty() && Partner != Name)
        Partners.insert(std::move(Partner));
      if (StringRef After = Word.drop_front(Plain.size()).ltrim(); After.starts_with(",") || After.starts_with(")"))
        Take(Plain);
    }
  }
}

const std::set<std::string> &ModuleText::togetherWith(const std::string &Name) const {
  auto [It, New] = Together.try_emplace(Name);
  if (!New || Name.size() < 2)
    return It->second;
  const Database &DB = Tree.database();
  const std::vector<uint32_t> In = DB.index().mentioningAmong(Name, &Ids);
  DB.makeTokens(In, Name);
  for (uint32_t F : In) {
    const std::string &File = DB.index().files()[F].path;
    if (!owns(File))
      continue;
    for (const OutlineToken &T : DB.tokens(File, Name))
      if (!T.in_directive && !T.before_paren)
        addTogether(File, T, Name, It->second, Partners[Name]);
  }
  for (const TextVariable *V : variables(Name))
    for (const TextVariable::Entry &E : V->entries)
      if (const TextFunction *F = own(E.word, V->file))
        It->second.insert(F->symbol);
  return It->second;
}

const std::set<std::string> &ModuleText::partnersOf(const std::string &Name) const {
  togetherWith(Name);
  return Partners[Name];
}

bool isStored(StringRef Text, const OutlineToken &T, StringRef Field, std::string &Word) {
  StringRef Rest = Text.substr(T.offset + Field.size()).ltrim();
  if (!T.after_member_access || !Rest.consume_front("=") || Rest.starts_with("="))
    return false;
  Rest = Rest.ltrim();
  Rest.consume_front("&");
  Word = Rest.take_while(isWordChar).str();
  return true;
}

const std::set<std::string> &ModuleText::storedIn(const std::string &Field) const {
  auto [It, New] = Stored.try_emplace(Field);
  if (!New)
    return It->second;
  const Database &DB = Tree.database();
  const std::vector<uint32_t> In = DB.index().mentioningAmong(Field, &Ids);
  DB.makeTokens(In, Field);
  for (uint32_t Id : In) {
    const std::string &File = DB.index().files()[Id].path;
    auto Text = owns(File) ? DB.index().text(Id) : nullptr;
    if (!Text)
      continue;
    for (const OutlineToken &T : DB.tokens(File, Field)) {
      std::string Word;
      if (!isStored(*Text, T, Field, Word))
        continue;
      if (const TextFunction *F = own(Word, File))
        It->second.insert(F->symbol);
      Words[Field].insert(std::move(Word));
    }
  }
  return It->second;
}

/// By word: the same few are asked for by each question.
std::set<std::string> ModuleText::naming(const std::set<std::string> &Words) const {
  std::set<std::string> Result;
  for (const std::string &Word : Words) {
    auto [It, New] = NamingOne.try_emplace(Word);
    if (New)
      for (const auto &[Name, F] : Functions)
        if (std::binary_search(F.text->identifiers.begin(), F.text->identifiers.end(), Word))
          It->second.push_back(Name);
    Result.insert(It->second.begin(), It->second.end());
  }
  return Result;
}

std::set<std::string> ModuleText::comingTo(const std::set<std::string> &Names) const {
  if (Mentioners.empty())
    for (const auto &[Name, F] : Functions)
      for (const std::string &Id : F.text->identifiers)
        if (ByPlainName.contains(Id))
          Mentioners[Id].push_back(&F);
  std::set<std::string> Result;
  std::vector<std::string> Work(Names.begin(), Names.end());
  while (!Work.empty()) {
    std::string Name = std::move(Work.back());
    Work.pop_back();
    if (!Result.insert(Name).second)
      continue;
    if (auto It = Mentioners.find(Name); It != Mentioners.end())
      for (const TextFunction *F : It->second)
        if (F->name != Name)
          Work.push_back(F->name);
  }
  return Result;
}

} // namespace krcu
