// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/templates.h"

#include "tool/rules/row_reader.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/Support/FileSystem.h"

namespace krcu::series {
namespace {

const std::vector<std::string> &patchVariables() {
  static const std::vector<std::string> Names = {
      "callbacks", "did", "prefix", "one_callback", "several_callbacks", "callback", "callback_removed", "all_removed", "function", "functions",
      "deferral", "file_names", "primitive", "primitives", "free", "need", "batches", "removed", "helpers", "lose", "their", "go", "kept", "stay", "it",
      "mended", "safe", "barriers", "notes", "text", "version", "tree_version", "parsed_for", "configuration"};
  return Names;
}

const std::vector<std::string> &coverVariables() {
  static const std::vector<std::string> Names = {"subject_prefix", "deferral", "primitives", "free", "need", "batches", "count", "version", "tree_version", "command",
                                                 "configuration", "destroy_waits", "destroy_commit", "commit", "title", "tree_wide", "calls", "classes"};
  return Names;
}

/// Of the patches that mend what an audit found.
const std::vector<std::string> &fixVariables() {
  static const std::vector<std::string> Names = {"prefix", "calls", "functions", "modules", "moved", "added", "wrong", "notes", "text", "version", "tree_version", "file_names", "subject_prefix", "count", "command"};
  return Names;
}

/// Of those that make heads smaller.
const std::vector<std::string> &slimVariables() {
  static const std::vector<std::string> Names = {"prefix", "records", "few", "heads", "new_type", "frees", "use", "take", "option", "sizes", "usual", "text", "architectures", "measured_on", "files_parsed", "notes",
                                                 "version", "tree_version", "configuration", "file_names", "subject_prefix", "count", "members", "command"};
  return Names;
}

const std::vector<std::string> &variablesOf(llvm::StringRef Name) {
  return Name.starts_with("fix") ? fixVariables() : Name.starts_with("slim") ? slimVariables() : Name == "cover.txt" ? coverVariables() : patchVariables();
}

constexpr const char *CanBe = "subject.txt, patch.txt, notes.txt or cover.txt, or the same with fix- or slim- before it (fix.txt and slim.txt for patch.txt)";

/// What mustache itself would pass over in silence: a name that means nothing, a section that is not closed, a file that is not read.
llvm::Error checkTags(const std::string &File, llvm::StringRef Text, const std::vector<std::string> &Known) {
  std::vector<std::pair<std::string, unsigned>> Open;
  auto LineAt = [&](size_t At) { return static_cast<unsigned>(Text.take_front(At).count('\n')) + 1; };
  for (size_t At = Text.find("{{"); At != llvm::StringRef::npos; At = Text.find("{{", At)) {
    unsigned Line = LineAt(At);
    bool Triple = Text.substr(At).starts_with("{{{");
    size_t End = Text.find(Triple ? "}}}" : "}}", At);
    if (End == llvm::StringRef::npos)
      return failAt(File, Line, 0, "'{{' is not closed", "add '}}'");
    llvm::StringRef Tag = Text.slice(At + (Triple ? 3 : 2), End).trim();
    At = End + (Triple ? 3 : 2);
    char Kind = Tag.empty() ? ' ' : Tag.front();
    llvm::StringRef Name = llvm::StringRef("#^/&>=").contains(Kind) ? Tag.drop_front().trim() : Tag;
    if (Kind == '!')
      continue;
    if (Kind == '>' || Kind == '=')
      return failAt(File, Line, 0, Kind == '>' ? "a template cannot include the file '" + Name.str() + "'" : "the delimiters cannot be changed", "write the text here");
    if (std::find(Known.begin(), Known.end(), Name) == Known.end())
      return failAt(File, Line, 0, "unknown variable '" + Name.str() + "'", mendUnknown(Name.str(), Known, "variables"));
    if (Kind == '#' || Kind == '^')
      Open.emplace_back(Name.str(), Line);
    else if (Kind == '/' && (Open.empty() || Open.back().first != Name))
      return failAt(File, Line, 0, "'{{/" + Name.str() + "}}' closes nothing", Open.empty() ? "" : "close '" + Open.back().first + "' first");
    else if (Kind == '/')
      Open.pop_back();
  }
  if (!Open.empty())
    return failAt(File, Open.back().second, 0, "the section '" + Open.back().first + "' is not closed", "add '{{/" + Open.back().first + "}}'");
  return llvm::Error::success();
}

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
    return failAt(UserDirectory, 0, 0, "this is no directory", std::string("give a directory with ") + CanBe);
  for (const char *Name : {"subject.txt", "patch.txt", "notes.txt", "cover.txt", "fix-subject.txt", "fix.txt", "fix-notes.txt", "fix-cover.txt", "slim-subject.txt", "slim.txt",
                           "slim-notes.txt", "slim-cover.txt"}) {
    std::string File = BuiltinDirectory + "/" + Name;
    if (!UserDirectory.empty() && llvm::sys::fs::exists(UserDirectory + "/" + Name)) {
      File = UserDirectory + "/" + Name;
      AnyOfUser = true;
    }
    auto Text = readFile(File, 1 << 20);
    if (!Text)
      return Text.takeError();
    if (llvm::Error E = checkTags(File, *Text, variablesOf(Name)))
      return E;
    kainjow::mustache::mustache Check(*Text);
    if (!Check.is_valid())
      return failAt(File, 0, 0, "this is no mustache template: " + Check.error_message(), "");
    T.Sources[Name] = {File, std::move(*Text)};
  }
  if (!UserDirectory.empty() && !AnyOfUser)
    return failAt(UserDirectory, 0, 0, "this has no template", std::string("put ") + CanBe + " there");
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
