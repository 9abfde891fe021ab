// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The Kconfig grammar, one keyword a function. Trees come from anybody: a file that sources itself, a block
// that never ends or a line of garbage costs a warning and nothing else.
#include "tool/kbuild/kconfig_parser.h"
#include "tool/kbuild/kconfig_file.h"
#include "tool/kbuild/kconfig_lines.h"
#include "tool/tree/tree_memory.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace krcu::kconfig {
namespace {

SymbolType typeNamed(llvm::StringRef Word) {
  return llvm::StringSwitch<SymbolType>(Word)
      .Cases("bool", "boolean", SymbolType::Bool)
      .Case("tristate", SymbolType::Tristate)
      .Case("int", SymbolType::Int)
      .Case("hex", SymbolType::Hex)
      .Case("string", SymbolType::String)
      .Default(SymbolType::Unknown);
}

constexpr unsigned MaxSourceDepth = 64;
constexpr unsigned MaxFiles =
    50000; ///< mainline has 1,600; files that source each other twice would double for ever

/// An open block, or the file itself: what the entries inside inherit.
struct Frame {
  enum Kind { File, If, Menu, Choice } kind;
  const Expr *depends = nullptr;
  const Expr *visible = nullptr;
  kconfig::Choice *choice = nullptr;
};

/// What all files of one run share.
struct Run {
  const Tree &T;
  Macros &Variables;
  Model &M;
  unsigned Files = 0;
  std::vector<std::string> Open;
};

class FileParser {
public:
  FileParser(Run &R, const File &F, const Frame &Outer) : R(R), M(R.M), F(F), Frames{Outer} {}

  void parse() {
    for (const Statement &S : F.statements) {
      Number = S.number;
      statement(S);
    }
    if (Frames.size() > 1)
      warn("a block is not closed at the end of the file");
  }

private:
  void warn(const std::string &What) { M.warn(F.path + ":" + std::to_string(Number) + ": " + What); }

  const Expr *expression(llvm::StringRef Text) {
    std::string Problem;
    const Expr *E = parseExpression(M, Text, &Problem);
    if (E)
      return E;
    warn("expression '" + Text.str() + "': " + Problem);
    return M.constant("n");
  }
  /// Null if there is no condition.
  const Expr *condition(llvm::StringRef Text) { return Text.empty() ? nullptr : expression(Text); }

  void statement(const Statement &S) {
    if (assignment(S.word, S.keyword, S.rest))
      return;
    std::string Expanded;
    llvm::StringRef Rest = S.rest;
    if (S.expands) {
      Expanded = R.Variables.expand(Rest);
      Rest = llvm::StringRef(Expanded).trim();
    }
    if (S.keyword == Keyword::None) {
      if (!S.line.starts_with("$"))
        warn("'" + S.line.take_front(40).str() + "' is no Kconfig statement");
      return;
    }
    if (!block(S.keyword, Rest))
      attribute(S.keyword, S.word, Rest);
  }

  bool assignment(llvm::StringRef Name, Keyword K, llvm::StringRef Rest) {
    if (Name.empty() || K == Keyword::Default)
      return false;
    for (llvm::StringRef Operator : {":=", "+=", "="})
      if (Rest.consume_front(Operator)) {
        R.Variables.define(Name, Operator, Rest.trim());
        return true;
      }
    return false;
  }

  /// Statements that open or close something. False if `K` is an attribute of the current entry.
  bool block(Keyword K, llvm::StringRef Rest) {
    const Frame Top = Frames.back();
    switch (K) {
    case Keyword::Config:
      config(Rest);
      return true;
    case Keyword::Choice:
      leaveEntry();
      CurrentChoice = &M.choices.emplace_back();
      CurrentChoice->id = unsigned(M.choices.size() - 1);
      CurrentChoice->entry = {Top.depends, Top.visible};
      Frames.push_back({Frame::Choice, Top.depends, Top.visible, CurrentChoice});
      return true;
    case Keyword::Menu:
      leaveEntry();
      Frames.push_back({Frame::Menu, Top.depends, Top.visible, nullptr});
      InMenu = true;
      return true;
    case Keyword::If:
      leaveEntry();
      Frames.push_back({Frame::If, M.both(Top.depends, expression(Rest)), Top.visible, Top.choice});
      return true;
    case Keyword::EndIf:
      close(Frame::If, "endif");
      return true;
    case Keyword::EndMenu:
      close(Frame::Menu, "endmenu");
      return true;
    case Keyword::EndChoice:
      close(Frame::Choice, "endchoice");
      return true;
    case Keyword::Comment:
    case Keyword::MainMenu:
      leaveEntry();
      return true;
    case Keyword::Source:
    case Keyword::RSource:
      leaveEntry();
      source(Rest, K == Keyword::RSource);
      return true;
    default:
      return false;
    }
  }

  void leaveEntry() {
    Symbol = nullptr;
    Current = nullptr;
    CurrentChoice = nullptr;
    InMenu = false;
  }

  void close(Frame::Kind Kind, const char *Word) {
    leaveEntry();
    if (Frames.size() > 1 && Frames.back().kind == Kind)
      Frames.pop_back();
    else
      warn(std::string("unexpected ") + Word);
  }

  void config(llvm::StringRef Name) {
    leaveEntry();
    Name = Name.take_while([](char C) { return llvm::isAlnum(C) || C == '_' || C == '-' || C == '.'; });
    if (Name.empty()) {
      warn("config without a name");
      return;
    }
    const Frame &Top = Frames.back();
    Symbol = M.symbol(Name);
    Current = &M.entries.emplace_back();
    *Current = {Top.depends, Top.visible};
    Symbol->entries.push_back(Current);
    if (!Symbol->line) {
      Symbol->file = F.path;
      Symbol->line = Number;
    }
    if (Top.choice) {
      Symbol->choice = Top.choice;
      Top.choice->members.push_back(Symbol);
    }
  }

  void source(llvm::StringRef Rest, bool Relative);

  void attribute(Keyword K, llvm::StringRef Word, llvm::StringRef Rest) {
    if (K == Keyword::Depends) {
      depends(Rest);
    } else if (K == Keyword::Visible) {
      if (InMenu && Rest.consume_front("if"))
        Frames.back().visible = M.both(Frames.back().visible, expression(Rest));
    } else if (CurrentChoice) {
      choiceAttribute(K, Rest);
    } else if (Symbol) {
      symbolAttribute(K, Word, Rest);
    }
  }

  void depends(llvm::StringRef Rest) {
    if (!Rest.consume_front("on"))
      Rest.consume_front("if");
    if (!Current && !CurrentChoice && !InMenu)
      return;
    const Expr *E = expression(Rest);
    if (Current)
      Current->depends = M.both(Current->depends, E);
    if (CurrentChoice)
      CurrentChoice->entry.depends = M.both(CurrentChoice->entry.depends, E);
    // What a choice or a menu depends on, its members depend on.
    if (CurrentChoice || InMenu)
      Frames.back().depends = M.both(Frames.back().depends, E);
  }

  void choiceAttribute(Keyword K, llvm::StringRef Rest) {
    llvm::StringRef Head, Condition;
    splitCondition(Rest, Head, Condition);
    if (K == Keyword::Default && !Head.empty())
      CurrentChoice->defaults.push_back({expression(Head), condition(Condition), &CurrentChoice->entry});
    else if ((K == Keyword::Prompt || K == Keyword::Type) && !Condition.empty())
      CurrentChoice->prompt_condition = expression(Condition);
  }

  void setType(SymbolType Type) {
    if (Symbol->type == SymbolType::Unknown)
      Symbol->type = Type;
    else if (Symbol->type != Type)
      warn("config " + Symbol->name.str() + " has another type already; this one is ignored");
  }

  void symbolAttribute(Keyword K, llvm::StringRef Word, llvm::StringRef Rest) {
    llvm::StringRef Head, Condition;
    splitCondition(Rest, Head, Condition);
    switch (K) {
    case Keyword::Type:
      setType(typeNamed(Word));
      if (!Head.empty())
        Symbol->prompts.push_back({condition(Condition), Current});
      break;
    case Keyword::Prompt:
      Symbol->prompts.push_back({condition(Condition), Current});
      break;
    case Keyword::DefBool:
    case Keyword::DefTristate:
      setType(K == Keyword::DefBool ? SymbolType::Bool : SymbolType::Tristate);
      [[fallthrough]];
    case Keyword::Default:
      // A probe may expand to nothing.
      Symbol->defaults.push_back(
          {Head.empty() ? M.constant("") : expression(Head), condition(Condition), Current});
      break;
    case Keyword::Select:
    case Keyword::Imply:
      reverse(K == Keyword::Select, Head, Condition);
      break;
    case Keyword::Range:
      range(Head, Condition);
      break;
    case Keyword::Modules:
      M.modules = Symbol;
      break;
    case Keyword::Option:
      option(Rest);
      break;
    default:
      break;
    }
  }

  void reverse(bool Select, llvm::StringRef Target, llvm::StringRef Condition) {
    llvm::StringRef Name = Target.take_while([](char C) { return llvm::isAlnum(C) || C == '_' || C == '-'; });
    if (Name.empty() || Name.size() != Target.size()) {
      warn("'" + Target.str() + "' is no symbol to select");
      return;
    }
    ConfigSymbol *To = M.symbol(Name);
    (Select ? To->selects : To->implies).push_back({Symbol, condition(Condition), Current});
  }

  void range(llvm::StringRef Bounds, llvm::StringRef Condition) {
    auto [Low, High] = llvm::getToken(Bounds, " \t");
    High = High.trim();
    if (Low.empty() || High.empty()) {
      warn("range needs two values");
      return;
    }
    Symbol->ranges.push_back({expression(Low), expression(High), condition(Condition), Current});
  }

  /// Trees before 4.18: `option env="ARCH"` and `option modules`.
  void option(llvm::StringRef Rest) {
    if (Rest.starts_with("modules")) {
      M.modules = Symbol;
      return;
    }
    std::string Name;
    if (Rest.consume_front("env") && (Rest = Rest.ltrim()).consume_front("=") &&
        takeQuoted(Rest = Rest.ltrim(), Name)) {
      std::string Value = R.Variables.variable(Name);
      R.Variables.define(Symbol->name, ":=", Value);
      Symbol->defaults.push_back({M.constant(Value), nullptr, Current});
    }
  }

  Run &R;
  Model &M;
  const File &F;
  std::vector<Frame> Frames;
  unsigned Number = 0;
  // The entry that attributes belong to: a symbol with its entry, a choice, or a menu.
  ConfigSymbol *Symbol = nullptr;
  Entry *Current = nullptr;
  Choice *CurrentChoice = nullptr;
  bool InMenu = false;
};

std::shared_ptr<const File> fileOf(const Tree &T, const std::string &Path) {
  Shelf<File> &Known = T.memory().kconfig_files;
  if (std::shared_ptr<const File> F = Known.find(Path)) {
    ReadLog::note(Path);
    return F;
  }
  return Known.put(Path, cutStatements(Path, T.read(Path)));
}

void parseFile(Run &R, const std::string &Path, const Frame &Outer, const std::string &From) {
  for (const std::string &Open : R.Open)
    if (Open == Path) {
      R.M.warn(From + "'" + Path + "' includes itself; skipped");
      return;
    }
  if (R.Open.size() >= MaxSourceDepth || R.Files >= MaxFiles) {
    R.M.warn(From + "too many nested files; '" + Path + "' is skipped");
    return;
  }
  std::shared_ptr<const File> F = fileOf(R.T, Path);
  if (!F->text) {
    R.M.warn(From + "cannot read '" + Path + "'; skipped");
    return;
  }
  R.M.files.push_back(F);
  ++R.Files;
  R.Open.push_back(Path);
  FileParser(R, *F, Outer).parse();
  R.Open.pop_back();
}

void FileParser::source(llvm::StringRef Rest, bool Relative) {
  std::string Name;
  if (!takeQuoted(Rest, Name))
    Name = llvm::getToken(Rest).first.str();
  if (Name.empty()) {
    warn("source without a file");
    return;
  }
  if (Relative && llvm::StringRef(F.path).contains('/'))
    Name = (llvm::StringRef(F.path).rsplit('/').first + "/" + Name).str();
  while (llvm::StringRef(Name).starts_with("./"))
    Name.erase(0, 2);
  Frame Inner = Frames.back();
  Inner.kind = Frame::File;
  parseFile(R, Name, Inner, F.path + ":" + std::to_string(Number) + ": ");
}

} // namespace

Parsed parseKconfig(const Tree &T, Macros &Variables) {
  ReadLog Log;
  auto M = std::make_unique<Model>();
  Run R{T, Variables, *M, 0, {}};
  parseFile(R, "Kconfig", {Frame::File, nullptr, nullptr, nullptr}, "");
  return {std::move(M), std::move(Log.paths)};
}

} // namespace krcu::kconfig
