// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/text_callers.h"
#include "tool/index/conditions.h"
#include "tool/index/structure.h"
#include "tool/lifetime/words.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

class Reader {
public:
  Reader(const Database &DB, const std::string &Function, const std::string &File, StringRef Text, const Outline &O)
      : DB(DB), Function(Function), Name(plainName(Function)), File(File), Text(Text), O(O) {}

  bool read(TextUses &Into) {
    const OutlineFunction *Own = O.function(Name);
    if (Own && Own->is_static && homeOf(Function) != File)
      return true; // another function of the same name
    LexedText Lexed(Text);
    std::vector<OutlineToken> Uses;
    for (size_t I = 0; I < Lexed.tokens().size(); ++I) {
      if (!Lexed.tokens()[I].isIdentifier() || Lexed.tokens()[I].text != Name)
        continue;
      OutlineToken T = describeToken(Lexed, O.functions, I);
      if (T.in_directive)
        return false;
      bool Defines = llvm::any_of(O.functions, [&](const OutlineFunction &F) { return F.name_begin == T.offset; });
      if (!Defines && !T.after_member_access && !declares(T))
        Uses.push_back(T);
    }
    ConditionCursor Around(Lexed);
    for (const OutlineToken &T : Uses) {
      std::optional<bool> Compiled = DB.compiles(File, Around.at(T.line));
      if (!Compiled || !(T.function >= 0 ? call(T, Into) : reference(T, Into)))
        return false;
      if (!*Compiled) { // what was just read is not there
        (T.function >= 0 ? Into.callers.pop_back() : Into.references.pop_back());
        Into.hidden.push_back(T.line);
      }
    }
    return true;
  }

private:
  /// What stands before the token, directives right above it left out.
  StringRef before(const OutlineToken &T) const {
    StringRef Before = Text.take_front(T.offset).rtrim();
    for (StringRef Line = lastLine(Before); Line.ltrim().starts_with("#"); Line = lastLine(Before))
      Before = Before.drop_back(Line.size()).rtrim();
    return Before;
  }
  static StringRef lastLine(StringRef Text) { return Text.substr(Text.rfind('\n') + 1); }
  StringRef behind(const OutlineToken &T) const { return Text.substr(T.offset + Name.size()).ltrim(); }

  /// "void f(void);" at file scope.
  bool declares(const OutlineToken &T) const {
    StringRef Before = before(T);
    return T.function < 0 && T.before_paren && !Before.empty() && (isWord(Before.back()) || Before.back() == '*');
  }

  bool call(const OutlineToken &T, TextUses &Into) {
    const OutlineFunction &F = O.functions[static_cast<size_t>(T.function)];
    StringRef Before = before(T), Word = lastWord(Before);
    bool Statement = Word.empty() || Word == "return" || Word == "else" || Word == "do";
    if (!T.before_paren || !Statement || Before.ends_with("&") || mayWaitBefore(F, T.offset) || DB.definitionsOf(F.name).empty())
      return false;
    FunctionFact Caller;
    Caller.function = F.is_static ? F.name + "@" + File : F.name;
    Caller.where = {File, F.line, columnOf(F.name_begin)};
    Caller.is_static = F.is_static;
    StringRef Head = Text.slice(F.decl_begin, F.name_begin);
    Caller.init_section = hasWord(Head, "__init");
    Caller.exit_section = hasWord(Head, "__exit");
    CallFact C;
    C.callee = Function;
    C.where = {File, T.line, T.column};
    Caller.calls.push_back(std::move(C));
    Into.callers.push_back({DB.keepText(std::move(Caller)), 0});
    return true;
  }

  /// The function around a call may have waited: only a parse tells on which paths. Where nothing goes back, a barrier that is named behind
  /// the call does not count.
  bool mayWaitBefore(const OutlineFunction &F, uint32_t Call) const {
    auto IsBarrier = [&](const std::string &Id) { return DB.rules().barrier(Id) != nullptr; };
    auto Hides = [&](const std::string &Id) {
      return llvm::any_of(O.macros, [&](const OutlineMacro &M) { return M.name == Id && llvm::any_of(M.identifiers, IsBarrier); });
    };
    bool Back = llvm::any_of(F.identifiers, [](const std::string &Id) { return Id == "for" || Id == "while" || Id == "goto"; });
    return llvm::any_of(F.identifiers, [&](const std::string &Id) {
      auto Before = [&](const OutlineToken &T) { return T.offset >= F.body_begin && T.offset < (Back ? F.body_end : Call); };
      return (IsBarrier(Id) || Hides(Id)) && llvm::any_of(DB.tokens(File, Id), Before);
    });
  }

  bool reference(const OutlineToken &T, TextUses &Into) {
    FunctionRefFact Ref;
    Ref.function = Function;
    Ref.where = {File, T.line, T.column};
    StringRef Before = before(T), Behind = behind(T);
    if (Before.ends_with("(") && Behind.starts_with(")")) {
      StringRef Macro = lastWord(Before.drop_back());
      bool LineStart = Text.take_front(static_cast<size_t>(Macro.data() - Text.data())).ends_with("\n");
      bool Hook = llvm::any_of(DB.rules().module_hooks, [&](const ModuleHookRule &H) { return H.name == Macro && H.argument == 0; });
      if (!LineStart || !(Hook || Macro == "EXPORT_SYMBOL" || Macro == "EXPORT_SYMBOL_GPL"))
        return false;
      Ref.macro = Macro.str();
    } else if (!Before.consume_back("=") || !initialises(Before, Ref)) {
      return false;
    }
    Into.references.push_back(DB.keepText(std::move(Ref)));
    return true;
  }

  /// "struct record name = { ..., .field" stands before the '=', or "struct record name[] = { { ..., .field".
  bool initialises(StringRef Before, FunctionRefFact &Ref) const {
    StringRef Field = lastWord(Before), Rest = Before.rtrim().drop_back(Field.size());
    if (Field.empty() || !Rest.consume_back(".") || !openBrace(Rest))
      return false;
    bool Element = Rest.ends_with("{") || Rest.ends_with(",");
    if (Element && !openBrace(Rest))
      return false;
    if (!Rest.consume_back("="))
      return false;
    StringRef Head = Rest.substr(Rest.find_last_of(";}\n/") + 1).trim(); // one line, which begins the declaration
    if (Element != Head.ends_with("]"))
      return false;
    Head = Head.take_front(std::min(Head.find('['), Head.size()));
    llvm::SmallVector<StringRef, 8> Words;
    Head.split(Words, ' ', -1, false);
    auto Struct = std::find(Words.begin(), Words.end(), "struct");
    if (!llvm::all_of(Words, [](StringRef W) { return llvm::all_of(W, isWord); }) || std::distance(Struct, Words.end()) < 3)
      return false;
    StringRef Variable; // "struct r __net_initdata v", "struct r v __read_mostly"
    for (auto It = Struct + 2; It != Words.end(); ++It)
      if (!It->starts_with("__"))
        Variable = *It;
    Ref.place = ("F:" + Struct[1] + "@." + Field).str();
    Ref.object = ("V:" + Variable + "@" + File).str();
    return !Variable.empty();
  }

  /// Takes the text back to the '{' that is still open at its end, that one left out. False if there is none near.
  static bool openBrace(StringRef &Rest) {
    constexpr size_t Far = 1 << 16; // bytes; tables are shorter
    int Depth = 1;
    for (size_t Steps = 0; Depth && !Rest.empty() && Steps < Far; ++Steps) {
      Depth += (Rest.back() == '}') - (Rest.back() == '{');
      Rest = Rest.drop_back();
    }
    Rest = Rest.rtrim();
    return Depth == 0;
  }

  unsigned columnOf(uint32_t Offset) const { return static_cast<unsigned>(Offset - (Text.take_front(Offset).rfind('\n') + 1) + 1); }

  const Database &DB;
  const std::string &Function;
  const std::string Name;
  const std::string &File;
  StringRef Text;
  const Outline &O;
};

} // namespace

std::shared_ptr<const TextUses> usesByText(const Database &DB, const std::string &Function, const std::string &File) {
  std::optional<std::shared_ptr<const TextUses>> &Known = DB.rememberedUses(Function, File);
  if (Known)
    return *Known;
  int Id = DB.index().find(File);
  auto Text = Id < 0 ? nullptr : DB.index().text(static_cast<uint32_t>(Id));
  auto O = Text ? DB.outline(static_cast<uint32_t>(Id)) : nullptr;
  TextUses Result;
  bool Understood = O && Reader(DB, Function, File, *Text, *O).read(Result);
  Known = Understood ? std::make_shared<const TextUses>(std::move(Result)) : nullptr;
  return *Known;
}

} // namespace krcu
