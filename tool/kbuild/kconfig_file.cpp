// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cutting Kconfig files into statements.
#include "tool/kbuild/kconfig_file.h"
#include "tool/kbuild/kconfig_lines.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace krcu::kconfig {
namespace {

Keyword keyword(llvm::StringRef Word) {
  return llvm::StringSwitch<Keyword>(Word)
      .Cases("config", "menuconfig", Keyword::Config)
      .Case("choice", Keyword::Choice)
      .Case("menu", Keyword::Menu)
      .Case("if", Keyword::If)
      .Case("endif", Keyword::EndIf)
      .Case("endmenu", Keyword::EndMenu)
      .Case("endchoice", Keyword::EndChoice)
      .Case("comment", Keyword::Comment)
      .Case("mainmenu", Keyword::MainMenu)
      .Case("source", Keyword::Source)
      .Case("rsource", Keyword::RSource)
      .Case("depends", Keyword::Depends)
      .Case("visible", Keyword::Visible)
      .Case("prompt", Keyword::Prompt)
      .Cases("bool", "boolean", "tristate", "int", "hex", "string", Keyword::Type)
      .Case("default", Keyword::Default)
      .Case("def_bool", Keyword::DefBool)
      .Case("def_tristate", Keyword::DefTristate)
      .Case("select", Keyword::Select)
      .Case("imply", Keyword::Imply)
      .Case("range", Keyword::Range)
      .Case("option", Keyword::Option)
      .Case("modules", Keyword::Modules)
      .Case("optional", Keyword::Optional)
      .Cases("transitional", "allnoconfig_y", Keyword::Ignored)
      .Default(Keyword::None);
}

} // namespace

File cutStatements(std::string Path, std::optional<std::string> Text) {
  File F;
  F.path = std::move(Path);
  if (!Text)
    return F;
  F.text = std::make_unique<const std::string>(std::move(*Text));
  F.joined = std::make_unique<std::deque<std::string>>();
  Lines L(*F.text);
  llvm::StringRef Line;
  while (L.next(Line)) {
    if (Line.empty() || Line.front() == '#')
      continue;
    llvm::StringRef Word = Line.take_while([](char C) { return llvm::isAlnum(C) || C == '_' || C == '-'; });
    if (Word == "help" || Word == "---help---") {
      L.skipHelp();
      continue;
    }
    if (L.isJoined()) {
      Line = F.joined->emplace_back(Line);
      Word = Line.take_front(Word.size());
    }
    Statement &S = F.statements.emplace_back();
    S.keyword = keyword(Word);
    S.number = L.number();
    S.line = Line;
    S.word = Word;
    S.rest = withoutComment(Line.drop_front(Word.size()).ltrim());
    S.expands = S.rest.contains('$');
  }
  return F;
}

} // namespace krcu::kconfig
