// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/random_trees.h"
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>

namespace fs = std::filesystem;
using nlohmann::json;

namespace krcu::random_modules {

namespace {

/// More than krcu reads of a file. There are holes in it, so it takes no room on the disk.
constexpr uint64_t TooLarge = 68'000'000;

void writeText(const std::string &Path, const std::string &Text) {
  std::ofstream Out(Path, std::ios::binary);
  Out << Text;
  if (!Out.flush())
    throw std::runtime_error("cannot write " + Path);
}

std::string readText(const std::string &Path) {
  std::ifstream In(Path, std::ios::binary);
  std::ostringstream Text;
  Text << In.rdbuf();
  return Text.str();
}

const char *eraDirectory(Era E) {
  switch (E) {
  case Era::Waits: return "waits";
  case Era::Slob: return "slob";
  case Era::NoWait:
  case Era::NoBatching: return "no-wait";
  }
  return "";
}

std::string shellWord(const std::string &Word) { return "'" + Word + "'"; }

} // namespace

ModuleTree::ModuleTree(const std::vector<RandomModule> &Modules, const std::string &Directory)
    : Root(Directory), TheEra(Modules.front().era), Stays(!Directory.empty()) {
  if (Stays) {
    fs::remove_all(Root);
    fs::create_directories(Root);
  } else {
    Root = (fs::temp_directory_path() / "krcu-random-XXXXXX").string();
    if (!::mkdtemp(Root.data()))
      throw std::runtime_error("no temporary directory could be made");
  }
  std::string Data = std::string(KRCU_SOURCE_DIR) + "/testdata/pipeline/";
  fs::copy(Data + "base", root(), fs::copy_options::recursive);
  fs::copy(Data + "eras/" + eraDirectory(TheEra), root(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  fs::create_directories(Root + "/outside");
  writeText(root() + "/Kconfig", readText(root() + "/Kconfig") + "\nsource \"drv/Kconfig\"\n");
  for (const ModuleFile &F : commonFiles(Modules))
    write(F);
  for (const RandomModule &M : Modules)
    for (const ModuleFile &F : M.files)
      write(F);
}

ModuleTree::~ModuleTree() {
  std::error_code Ignored;
  if (!Stays)
    fs::remove_all(Root, Ignored);
}

void ModuleTree::write(const ModuleFile &F) const {
  fs::path Path = root() + "/" + F.path;
  if (F.kind == FileKind::Missing)
    return; // nor its directory
  fs::create_directories(Path.parent_path());
  std::string Elsewhere = Path.filename().string();
  switch (F.kind) {
  case FileKind::Text: writeText(Path, F.text); break;
  case FileKind::Missing: break;
  case FileKind::LinkOut:
    writeText(Root + "/outside/" + Elsewhere, F.text);
    fs::create_symlink("../../../outside/" + Elsewhere, Path);
    break;
  case FileKind::LinkIn:
    fs::create_directories(Path.parent_path() / "kept");
    writeText(Path.parent_path() / "kept" / Elsewhere, F.text);
    fs::create_symlink("kept/" + Elsewhere, Path);
    break;
  case FileKind::Dangling: fs::create_symlink("gone/" + Elsewhere, Path); break;
  case FileKind::Fifo:
    if (::mkfifo(Path.c_str(), 0644) != 0)
      throw std::runtime_error("cannot make a FIFO");
    break;
  case FileKind::TooLarge:
    writeText(Path, F.text + "/*");
    fs::resize_file(Path, TooLarge);
    std::ofstream(Path, std::ios::binary | std::ios::app) << "*/\n";
    break;
  case FileKind::Directory: fs::create_directories(Path); break;
  }
}

std::map<std::string, std::vector<Said>> ModuleTree::scan(std::string &Error) const {
  std::map<std::string, std::vector<Said>> Result;
  std::string Messages = Root + "/messages";
  std::string Command = std::string(KRCU_BINARY) + " scan --format json --no-cache -j2 " + (TheEra == Era::NoBatching ? "--assume no-batching " : "") +
                        shellWord(root()) + " 2>" + shellWord(Messages);
  std::string Text;
  std::FILE *Pipe = ::popen(Command.c_str(), "r");
  std::array<char, 65536> Buffer;
  for (size_t Size; Pipe && (Size = std::fread(Buffer.data(), 1, Buffer.size(), Pipe)) > 0;)
    Text.append(Buffer.data(), Size);
  int Status = Pipe ? ::pclose(Pipe) : -1;
  if (!WIFEXITED(Status) || WEXITSTATUS(Status) > 1) {
    Error = Command + "\nended with status " + std::to_string(Status) + "\n" + readText(Messages);
    return Result;
  }
  const json Report = json::parse(Text);
  for (const json &S : Report.at("sites")) {
    std::string File = S.at("file"), Class = S.at("class");
    size_t Slash = File.find('/', File.find('/') + 1);
    if (Class == "definition" || File.compare(0, 4, "drv/") != 0)
      continue;
    Said Answer{Class, S.value("reason", ""), {}};
    for (const json &E : S.at("evidence"))
      Answer.evidence.push_back(E.at("file").get<std::string>() + ":" + std::to_string(E.at("line").get<unsigned>()) + ": " + E.at("text").get<std::string>());
    Result[File.substr(0, Slash)].push_back(std::move(Answer));
  }
  return Result;
}

} // namespace krcu::random_modules
