// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/kbuild/config_file.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

const char *const Mend = "give the .config of a kernel, as make writes it, or the build directory that has one";

bool isSymbol(StringRef Word) { return !Word.empty() && llvm::all_of(Word, [](char C) { return llvm::isAlnum(C) || C == '_'; }); }

/// "CONFIG_X is not set" of a comment -> X.
std::optional<StringRef> unsetSymbol(StringRef Comment) {
  Comment = Comment.trim();
  if (!Comment.consume_front("CONFIG_") || !Comment.consume_back(" is not set") || !isSymbol(Comment))
    return std::nullopt;
  return Comment;
}

/// A number, y, m, n, or a text in quotes, which are taken off.
std::optional<std::string> valueOf(StringRef Text) {
  if (!Text.consume_front("\""))
    return Text.empty() || Text.find_first_of(" \t\"#") != StringRef::npos ? std::nullopt : std::optional(Text.str());
  if (!Text.consume_back("\""))
    return std::nullopt;
  std::string Plain;
  for (size_t N = 0; N < Text.size(); ++N) {
    if (Text[N] == '"')
      return std::nullopt;
    N += Text[N] == '\\' && N + 1 < Text.size();
    Plain += Text[N];
  }
  return Plain;
}

/// "Linux/x86 6.12.57 Kernel Configuration": which kernel and architecture the file is for.
bool readHead(StringRef Comment, std::string &Architecture, std::string &Version) {
  Comment = Comment.trim();
  if (!Comment.consume_front("Linux/") || !Comment.consume_back(" Kernel Configuration"))
    return false;
  auto [Arch, Number] = Comment.split(' ');
  Architecture = Arch.str(), Version = Number.trim().str();
  return true;
}

} // namespace

llvm::Expected<ConfigFile> ConfigFile::load(const std::string &Path, bool Found) {
  constexpr uint64_t MaxBytes = UINT64_C(16) << 20;
  const std::string File = llvm::sys::fs::is_directory(Path) ? StringRef(Path).rtrim('/').str() + "/.config" : Path;
  auto Text = Found ? readRegularFile(File, MaxBytes) : readFile(File, MaxBytes);
  if (!Text)
    return Text.takeError();
  return parse(File, *Text);
}

llvm::Expected<ConfigFile> ConfigFile::parse(const std::string &Name, StringRef Text) {
  ConfigFile C;
  C.Name = Name, C.Text = Text.str();
  unsigned Number = 0;
  for (StringRef Rest = C.Text; !Rest.empty();) {
    StringRef L;
    std::tie(L, Rest) = Rest.split('\n');
    ++Number;
    L = L.trim();
    if (L.consume_front("#")) {
      if (auto Symbol = unsetSymbol(L))
        C.Lines[Symbol->str()] = {"n", Number};
      else
        C.Whole = readHead(L, C.Architecture, C.Version) || C.Whole;
      continue;
    }
    if (L.empty())
      continue;
    auto [Symbol, Value] = L.split('=');
    auto Plain = valueOf(Value);
    if (!Symbol.consume_front("CONFIG_") || !isSymbol(Symbol) || !Plain)
      return failAt(Name, Number, 0, "this is no line of a .config, which are CONFIG_X=value, # CONFIG_X is not set and comments", Mend);
    C.Lines[Symbol.str()] = {*Plain, Number};
  }
  if (C.Lines.empty())
    return failAt(Name, 0, 0, "this has no CONFIG_ line", Mend);
  return C;
}

std::optional<std::string> ConfigFile::value(StringRef Symbol) const {
  auto It = Lines.find(Symbol.str());
  if (It != Lines.end())
    return It->second.value;
  return Whole ? std::optional<std::string>("n") : std::nullopt;
}

std::string ConfigFile::said(StringRef Symbol) const {
  std::optional<std::string> V = value(Symbol);
  return "CONFIG_" + Symbol.str() + (!V ? " is not named" : *V == "n" ? " is not set" : "=" + *V);
}

Evidence ConfigFile::evidence(StringRef Symbol) const {
  auto It = Lines.find(Symbol.str());
  return {Name, It == Lines.end() ? 0 : It->second.number, "", said(Symbol)};
}

std::map<std::string, std::string> ConfigFile::values() const {
  std::map<std::string, std::string> Result;
  for (const auto &[Symbol, L] : Lines)
    if (L.value != "n")
      Result.emplace(Symbol, L.value);
  return Result;
}

const char *builtName(BuiltAs B) { return B == BuiltAs::Module ? "m" : B == BuiltAs::BuiltIn ? "y" : B == BuiltAs::No ? "n" : ""; }

namespace {

/// The directory under arch/ of an $(ARCH).
StringRef directoryOf(StringRef Architecture) {
  for (auto [Arch, Directory] : {std::pair<StringRef, StringRef>{"x86_64", "x86"}, {"i386", "x86"}, {"sparc64", "sparc"}, {"sparc32", "sparc"}, {"parisc64", "parisc"}, {"tilepro", "tile"}})
    if (Architecture == Arch)
      return Directory;
  return Architecture;
}

bool isOfOtherArchitecture(const ConfigFile &C, StringRef File) {
  return !C.architecture().empty() && File.consume_front("arch/") && File.split('/').first != directoryOf(C.architecture());
}

} // namespace

std::string ConfigFile::sourceArchitecture() const { return Architecture.empty() ? "x86" : directoryOf(Architecture).str(); }

FileInConfig builtIn(const ConfigFile &C, Kbuild &K, const std::string &File) {
  FileInConfig Result;
  if (isOfOtherArchitecture(C, File)) {
    Result.as = BuiltAs::No;
    Result.why = "it is for " + C.architecture();
    return Result;
  }
  ModuleInfo Info = K.moduleOf(File);
  if (Info.name.empty())
    return Result; // a header, a part of another file, or nobody knows
  auto Says = [&](const std::string &Symbol, BuiltAs As) {
    Result.as = As;
    Result.symbol = Symbol;
    Result.why = C.said(Symbol);
    Result.evidence = {C.evidence(Symbol)};
  };
  if (C.isWhole() && !K.isBuilt(File, nullptr)) {
    Result.as = BuiltAs::No;
    for (const std::string &Symbol : Info.symbols)
      if (C.is(Symbol, "n")) {
        Says(Symbol, BuiltAs::No);
        break;
      }
    return Result;
  }
  if (Info.always_built_in)
    Result.as = BuiltAs::BuiltIn;
  else if (std::optional<std::string> V = Info.module_symbol.empty() ? std::nullopt : C.value(Info.module_symbol); V == "m" || V == "y")
    Says(Info.module_symbol, V == "m" ? BuiltAs::Module : BuiltAs::BuiltIn);
  return Result;
}

} // namespace krcu
