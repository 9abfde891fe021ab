// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/templates.h"

#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/Support/FileSystem.h"

namespace krcu::series {
namespace {

const char *const Names[] = {"subject.txt", "patch.txt", "cover.txt"};

/// Columns of UTF-8 text; a stray byte counts as one.
size_t columnsOf(llvm::StringRef Text) {
  size_t Columns = 0;
  for (char C : Text)
    Columns += (static_cast<unsigned char>(C) & 0xC0) != 0x80;
  return Columns;
}

class Filler {
public:
  explicit Filler(size_t Columns) : Columns(Columns) {}

  void line(llvm::StringRef Line) {
    llvm::StringRef Trimmed = Line.rtrim();
    if (Trimmed.empty()) {
      flush();
      Gap = !Out.empty();
    } else if (Line.starts_with(" ") || Line.starts_with("\t")) {
      flush();
      begin();
      Out += Trimmed.str() + "\n";
    } else {
      if (Trimmed.starts_with("- "))
        flush();
      Paragraph += (Paragraph.empty() ? "" : " ") + Trimmed.str();
    }
  }
  std::string finish() {
    flush();
    return std::move(Out);
  }

private:
  void begin() {
    if (Gap)
      Out += "\n";
    Gap = false;
  }
  void flush() {
    if (Paragraph.empty())
      return;
    begin();
    std::string Indent = llvm::StringRef(Paragraph).starts_with("- ") ? "  " : "";
    std::string Current;
    llvm::StringRef Rest = Paragraph;
    while (!Rest.empty()) {
      auto [Word, Tail] = Rest.split(' ');
      Rest = Tail.ltrim(' ');
      if (Word.empty())
        continue;
      if (Current.empty() || Current == Indent) {
        Current += Word;
      } else if (columnsOf(Current) + 1 + columnsOf(Word) <= Columns) {
        Current += " " + Word.str();
      } else {
        Out += Current + "\n";
        Current = Indent + Word.str();
      }
    }
    Out += Current + "\n";
    Paragraph.clear();
  }

  size_t Columns;
  std::string Out, Paragraph;
  bool Gap = false;
};

} // namespace

llvm::Expected<Templates> Templates::load(const std::string &BuiltinDirectory, const std::string &UserDirectory) {
  Templates T;
  bool AnyOfUser = false;
  if (!UserDirectory.empty() && !llvm::sys::fs::is_directory(UserDirectory))
    return failAt(UserDirectory, 0, 0, "is no directory", "give a directory with subject.txt, patch.txt or cover.txt");
  for (const char *Name : Names) {
    std::string File = BuiltinDirectory + "/" + Name;
    if (!UserDirectory.empty() && llvm::sys::fs::exists(UserDirectory + "/" + Name)) {
      File = UserDirectory + "/" + Name;
      AnyOfUser = true;
    }
    auto Text = readFile(File, 1 << 20);
    if (!Text)
      return Text.takeError();
    kainjow::mustache::mustache Check(*Text);
    if (!Check.is_valid())
      return failAt(File, 0, 0, "is no mustache template: " + Check.error_message(), "");
    T.Sources[Name] = {File, std::move(*Text)};
  }
  if (!UserDirectory.empty() && !AnyOfUser)
    return failAt(UserDirectory, 0, 0, "has no template", "put subject.txt, patch.txt or cover.txt there");
  return T;
}

llvm::Expected<std::string> Templates::render(const std::string &Name, const TemplateData &Data) const {
  const Source &S = Sources.at(Name);
  kainjow::mustache::mustache Mustache(S.text);
  Mustache.set_custom_escape([](const std::string &Text) { return Text; });
  std::string Out = Mustache.render(Data);
  if (!Mustache.is_valid())
    return failAt(S.file, 0, 0, "cannot be filled in: " + Mustache.error_message(), "");
  return Out;
}

std::string fillText(llvm::StringRef Text, size_t Columns) {
  Filler F(Columns);
  while (!Text.empty()) {
    auto [Line, Rest] = Text.split('\n');
    Text = Rest;
    F.line(Line);
  }
  return F.finish();
}

std::string enumerate(const std::vector<std::string> &Words) {
  std::string Out;
  for (size_t I = 0; I < Words.size(); ++I)
    Out += (I == 0 ? "" : I + 1 == Words.size() ? " and " : ", ") + Words[I];
  return Out;
}

} // namespace krcu::series
