// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/frontend/blank.h"
#include "tool/index/scan.h"
#include "tool/index/structure.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <optional>

using llvm::StringRef;

namespace krcu {
namespace {

bool isWordChar(char C) { return isalnum(static_cast<unsigned char>(C)) || C == '_'; }

/// Whether one of the identifiers in `Text` is in `Words`.
bool mentionsAny(StringRef Text, const std::set<std::string> &Words) {
  while (!Text.empty()) {
    StringRef Word = Text.take_while(isWordChar);
    if (!Word.empty() && Words.count(Word.str()))
      return true;
    Text = Text.drop_front(std::max<size_t>(Word.size(), 1));
  }
  return false;
}

/// Walks over the inside of a body and blanks everything but line ends and directives.
class Blanker {
public:
  Blanker(StringRef Body, std::string Out) : In(Body), Out(std::move(Out)) {}

  /// Nothing if a directive is not to be understood or the #if of the body do not pair up.
  std::optional<std::string> run() {
    bool LineStart = false; // a directive right behind '{' is no directive
    while (At < In.size()) {
      char C = In[At];
      if (C == '\n') {
        LineStart = true;
        ++At;
      } else if (C == '#' && LineStart) {
        if (!directive())
          return std::nullopt;
      } else if (In.substr(At).starts_with("/*")) {
        size_t Close = In.find("*/", At + 2);
        if (Close == StringRef::npos)
          return std::nullopt;
        blank(Close + 2);
      } else if (In.substr(At).starts_with("//")) {
        blank(lineEnd(At));
      } else if (C == '"' || C == '\'') {
        LineStart = false;
        if (!literal(C))
          return std::nullopt;
      } else {
        LineStart = LineStart && (C == ' ' || C == '\t');
        blank(At + 1);
      }
    }
    return Depth == 0 ? std::optional(std::move(Out)) : std::nullopt;
  }

private:
  void blank(size_t To) {
    for (; At < To; ++At)
      if (In[At] != '\n')
        Out[At] = ' ';
  }

  /// The newline that ends the line, continuation lines included.
  size_t lineEnd(size_t From) const {
    size_t End = In.find('\n', From);
    while (End != StringRef::npos && In.take_front(End).rtrim(" \t\r").ends_with("\\"))
      End = In.find('\n', End + 1);
    return std::min(End, In.size());
  }

  bool literal(char Quote) {
    size_t End = At + 1;
    for (; End < In.size() && In[End] != Quote; ++End) {
      if (In[End] == '\n')
        return false;
      if (In[End] == '\\')
        ++End;
    }
    if (End >= In.size())
      return false;
    blank(End + 1);
    return true;
  }

  bool directive() {
    size_t End = lineEnd(At);
    StringRef Line = In.slice(At, End), Word = Line.drop_front().ltrim(" \t").take_while(isWordChar);
    if (Line.contains("/*") && !Line.substr(Line.rfind("/*")).contains("*/"))
      return false; // the comment goes on below
    if (Word.starts_with("if"))
      ++Depth;
    else if (Word == "endif")
      --Depth;
    else if ((Word == "else" || Word.starts_with("elif")) && Depth == 0)
      return false; // a branch of an #if around the head
    At = End;
    return Depth >= 0;
  }

  StringRef In;
  std::string Out;
  size_t At = 0;
  int Depth = 0;
};

/// Blanks the bodies that are not wanted, in place. True if there was one.
bool blankBodies(std::string &Text, const std::vector<OutlineFunction> &Functions, llvm::function_ref<bool(const OutlineFunction &)> Wanted) {
  bool Any = false;
  for (size_t N = 0; N < Functions.size(); ++N) {
    const OutlineFunction &F = Functions[N];
    if (F.body_end < F.body_begin + 4 || F.body_end > Text.size() || Text[F.body_begin] != '{' || Text[F.body_end - 1] != '}' || Wanted(F))
      continue;
    // Heads under #if may share a body, and where braces do not pair up the end is a guess.
    bool Shared = (N > 0 && Functions[N - 1].body_end > F.body_begin) || (N + 1 < Functions.size() && Functions[N + 1].name_begin < F.body_end);
    StringRef Inside = StringRef(Text).slice(F.body_begin + 1, F.body_end - 1);
    bool OneLine = !Inside.contains('\n');
    if (Shared || (!OneLine && Inside.back() != '\n') || (!OneLine && Inside.contains("\n}")))
      continue;
    auto Blank = Blanker(Inside, Inside.str()).run();
    size_t Mark = Blank ? Blank->find(' ') : std::string::npos;
    if (Mark == std::string::npos || Blank->find('#') < Mark)
      continue; // not to be understood, or no room for the mark
    (*Blank)[Mark] = '@';
    Text.replace(F.body_begin + 1, Blank->size(), *Blank);
    Any = true;
  }
  return Any;
}

/// A file that decides what it shows when somebody reads it; most that are opened are never read.
class LazyFile : public llvm::vfs::File {
public:
  using Maker = std::function<std::shared_ptr<const std::string>(StringRef)>;
  LazyFile(std::unique_ptr<File> Disk, Maker Make) : Disk(std::move(Disk)), Make(std::move(Make)) {}
  llvm::ErrorOr<llvm::vfs::Status> status() override { return Disk->status(); }
  llvm::ErrorOr<std::string> getName() override { return Disk->getName(); }
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> getBuffer(const llvm::Twine &Name, int64_t Size, bool Terminated, bool Volatile) override {
    auto Buffer = Disk->getBuffer(Name, Size, Terminated, Volatile);
    if (!Buffer)
      return Buffer;
    auto Text = Make((*Buffer)->getBuffer());
    return Text ? llvm::MemoryBuffer::getMemBufferCopy(*Text, Name) : std::move(*Buffer);
  }
  std::error_code close() override { return Disk->close(); }

private:
  std::unique_ptr<File> Disk;
  Maker Make;
};

} // namespace

std::string blankUnwanted(StringRef Text, const Outline &O, const BodyFilter &F) {
  std::string Result = Text.str();
  if (F.all)
    return Result;
  WantedBodies Wanted(O, F);
  blankBodies(Result, O.functions, [&](const OutlineFunction &Fn) {
    // The name of a function that a macro makes is an argument of the macro.
    return Wanted.wants(Fn.name) || mentionsAny(Text.slice(Fn.name_begin, Fn.body_begin), F.names);
  });
  return Result;
}

std::shared_ptr<const std::string> BlankHeaders::get(const std::string &Path, StringRef Text) {
  {
    std::lock_guard<std::mutex> Guard(Lock);
    if (auto It = Known.find(Path); It != Known.end())
      return It->second;
  }
  std::shared_ptr<const std::string> Result;
  bool Any = false; // most headers have no body, and by its layout that is seen without the lexer
  findDefinitions(Text, [&](StringRef, unsigned) { Any = true; });
  if (Any) {
    LexedText Lexed(Text);
    std::string Blank = Text.str();
    if (blankBodies(Blank, functionsOf(Lexed), [](const OutlineFunction &) { return false; }))
      Result = std::make_shared<const std::string>(std::move(Blank));
  }
  std::lock_guard<std::mutex> Guard(Lock);
  return Known.emplace(Path, Result).first->second;
}

/// What stands in for the text of a file of the tree; null: nothing does. Asked when the file is read, which may be in a later parse than the
/// one that opened it.
std::shared_ptr<const std::string> BlankingFileSystem::shown(const std::string &File, StringRef Text) {
  if (!plan.bodies || plan.bodies->all)
    return nullptr;
  if (StringRef(File).ends_with(".h"))
    return plan.whole && plan.whole->count(File) ? nullptr : Headers.get(File, Text);
  auto O = plan.outlines ? plan.outlines->get(File) : nullptr;
  return O ? std::make_shared<const std::string>(blankUnwanted(Text, *O, *plan.bodies)) : nullptr;
}

llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>> BlankingFileSystem::openFileForRead(const llvm::Twine &Path) {
  auto File = ProxyFileSystem::openFileForRead(Path);
  llvm::SmallString<256> Clean;
  Path.toVector(Clean);
  llvm::sys::path::remove_dots(Clean, /*remove_dot_dot=*/true);
  StringRef Name = Clean;
  if (!File || !Name.consume_front(T.root()) || !Name.consume_front("/") || !(Name.ends_with(".h") || Name.ends_with(".c")))
    return File;
  return std::make_unique<LazyFile>(std::move(*File), [this, Relative = Name.str()](StringRef Text) { return shown(Relative, Text); });
}

} // namespace krcu
