// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/presentation.h"
#include "tool/pages/escape.h"
#include "tool/pages/render.h"
#include "tool/series/git.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/sink.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

using llvm::StringRef;

namespace krcu {
namespace {

/// One line on a terminal, or a line of JSON each time; not more often than somebody can read.
class TerminalProgress : public Progress {
public:
  explicit TerminalProgress(bool Json) : Json(Json) {}
  ~TerminalProgress() override {
    clear();
    std::lock_guard<std::mutex> Guard(CurrentLock);
    if (Current == this)
      Current = nullptr;
  }
  void phase(const std::string &Name) override {
    std::lock_guard<std::mutex> Guard(Lock);
    Phase = Name;
    draw(true);
  }
  void add(size_t Files) override {
    std::lock_guard<std::mutex> Guard(Lock);
    Total += Files;
  }
  void done() override {
    std::lock_guard<std::mutex> Guard(Lock);
    ++Done;
    draw(Done == Total);
  }
  void clear() {
    std::lock_guard<std::mutex> Guard(Lock);
    if (std::exchange(Drawn, false))
      std::fputs("\r\033[K", stderr);
  }
  static std::mutex CurrentLock;
  static TerminalProgress *Current; ///< there is one terminal

private:
  void draw(bool Always) {
    auto Now = std::chrono::steady_clock::now();
    if (!Always && Now - Last < std::chrono::milliseconds(Json ? 200 : 50))
      return;
    Last = Now;
    if (Json) {
      std::fprintf(stderr, "{\"phase\": %s, \"done\": %zu, \"total\": %zu}\n", nlohmann::json(Phase).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace).c_str(), Done, Total);
      return;
    }
    std::string Text = "krcu: " + Phase;
    if (Total)
      Text += (Phase == "parse" ? " " : ", parsed ") + std::to_string(Done) + " of " + std::to_string(Total);
    std::fprintf(stderr, "\r%s\033[K", Text.c_str());
    Drawn = true;
  }

  const bool Json;
  std::mutex Lock;
  std::string Phase = "start";
  size_t Done = 0, Total = 0;
  std::chrono::steady_clock::time_point Last;
  bool Drawn = false;
};

std::mutex TerminalProgress::CurrentLock;
TerminalProgress *TerminalProgress::Current = nullptr;

} // namespace

CLI::Validator namedFile() {
  return CLI::Validator([](std::string &Name) { return Name.empty() ? std::string("the name of the file is empty") : std::string(); }, "");
}

void addPrintOptions(CLI::App &Command, PrintOptions &O) {
  Command.add_option("-o,--output", O.output, "write the result to this file instead of standard output")->check(namedFile())->allow_extra_args(false);
  Command.add_flag("-q,--quiet", O.quiet, "say nothing on standard error but errors: no progress, notes or warnings (README of a series keeps them)");
  Command.add_option("--color", O.color, "colours in text: auto (on a terminal, unless NO_COLOR is set), always, never")->check(CLI::IsMember({"auto", "always", "never"}))->allow_extra_args(false);
  Command.add_option("--progress", O.progress, "what is being done, on standard error: auto (a line on a terminal), none, json (a line each time, for programs)")
      ->check(CLI::IsMember({"auto", "none", "json"}))
      ->allow_extra_args(false);
}

bool isColoured(const PrintOptions &O) {
  const char *Terminal = std::getenv("TERM");
  return O.color == "always" || (O.color == "auto" && O.output.empty() && isatty(1) && !std::getenv("NO_COLOR") && !(Terminal && StringRef(Terminal) == "dumb"));
}

unsigned widthOf(const PrintOptions &O) {
  winsize Size{};
  return O.output.empty() && isatty(1) && ioctl(1, TIOCGWINSZ, &Size) == 0 ? Size.ws_col : 0;
}

llvm::Error writeResult(const PrintOptions &O, const std::string &Text, StringRef Format) {
  clearProgress();
  const std::string Clean = Format == "text" ? (isColoured(O) ? withColours(Text) : forTerminal(Text)) : Format == "json" || Format == "sarif" ? inJson(Text) : Text;
  return O.output.empty() ? writeStdout(Clean) : writeFileAtomically(O.output, Clean);
}

llvm::Error nothingWasParsed(const std::string &What) {
  return fail("nothing could be parsed, so nothing is known: " + What + "; krcu explain --flags shows how it was tried");
}

void tell(bool Quiet, const char *Kind, const std::string &Text) {
  if (Quiet)
    return;
  clearProgress();
  std::fprintf(stderr, "krcu: %s%s%s\n", Kind, *Kind ? ": " : "", onOneLine(Text).c_str());
}

std::shared_ptr<Progress> progressOf(const PrintOptions &O) {
  if ((O.quiet && O.progress != "json") || O.progress == "none" || (O.progress == "auto" && !isatty(2)))
    return nullptr;
  auto Result = std::make_shared<TerminalProgress>(O.progress == "json");
  std::lock_guard<std::mutex> Guard(TerminalProgress::CurrentLock);
  TerminalProgress::Current = Result.get();
  return Result;
}

void clearProgress() {
  std::lock_guard<std::mutex> Guard(TerminalProgress::CurrentLock);
  if (TerminalProgress::Current)
    TerminalProgress::Current->clear();
}

std::string commandLine(const std::string &Command, const std::vector<std::string> &Arguments) {
  std::string Result = "krcu " + Command;
  for (StringRef A : Arguments) {
    bool Plain = !A.empty() && llvm::all_of(A, [](char C) { return llvm::isAlnum(C) || StringRef("_./~=+,:@%-").contains(C); });
    std::string Quoted;
    for (char C : A)
      Quoted += C == '\'' ? std::string("'\\''") : std::string(1, static_cast<unsigned char>(C) < 0x20 || C == 0x7F ? '?' : C);
    Result += Plain ? " " + A.str() : " '" + Quoted + "'";
  }
  return Result;
}

void rememberArguments(int Argc, char **Argv, PrintOptions &To) {
  for (int N = 2; N < Argc; ++N)
    To.arguments.push_back(Argv[N]);
}

void addPageOptions(CLI::App &Command, PrintOptions &O) {
  Command.add_option("--source-url", O.source_url, "with --format html: where the lines of this tree can be read, %f for the file and %l for the line ('https://.../%f#L%l')")->allow_extra_args(false);
}

llvm::Error checkPrintOptions(const PrintOptions &O, const std::string &Format) {
  // What cannot be written is said before the work, not behind it.
  if (llvm::StringRef Above = llvm::sys::path::parent_path(O.output); !Above.empty() && !llvm::sys::fs::is_directory(Above))
    return failAt(O.output, 0, 0, "there is no directory " + Above.str(), "make it first");
  if (!O.output.empty() && llvm::sys::fs::is_directory(O.output))
    return failAt(O.output, 0, 0, "this is a directory", "name a file");
  if (O.source_url.empty())
    return llvm::Error::success();
  if (Format != "html")
    return fail("--source-url is for pages; give --format html, too");
  return pages::checkSourceUrl(O.source_url);
}

std::string commitOf(const std::string &Root) {
  GitLibrary Git;
  std::string Why;
  series::GitRepository Repository = series::openRepository(Root, Why);
  git_oid Id;
  if (!Repository || git_reference_name_to_id(&Id, Repository.get(), "HEAD") != 0)
    return "";
  return series::hexOf(Id);
}

std::vector<std::string> decidingArguments(const std::vector<std::string> &Typed) {
  static const char *const WithValue[] = {"-j", "--jobs", "--cache", "--format", "--source-url", "-o", "--output", "--color", "--progress", "--facts"};
  static const char *const Alone[] = {"--no-cache", "--stats", "-q", "--quiet"};
  std::vector<std::string> Result;
  for (size_t N = 0; N < Typed.size(); ++N) {
    StringRef A = Typed[N];
    if (llvm::is_contained(Alone, A))
      continue;
    if (llvm::is_contained(WithValue, A)) {
      ++N;
      continue;
    }
    bool Joined = (A.starts_with("-j") && A.size() > 2) || (A.starts_with("-o") && A.size() > 2) ||
                  llvm::any_of(WithValue, [&](StringRef W) { return W.starts_with("--") && A.starts_with((W + "=").str()); });
    if (!Joined)
      Result.push_back(Typed[N]);
  }
  return Result;
}

Asked askedOf(const PrintOptions &O, const std::string &Command, const Tree &T) {
  return {Command, decidingArguments(O.arguments), T.root(), T.mounted(), commitOf(T.root())};
}

llvm::Expected<std::vector<Timeline>> timelinesIn(const std::string &Rules) { return loadTimelines(Rules + "/semantics/timelines.yaml"); }

llvm::Expected<std::string> htmlOf(const pages::Page &P, const Tree &T, const std::string &Rules, const PrintOptions &O, const PageView &View) {
  pages::RenderOptions R;
  R.templates = Rules + "/templates";
  R.source_url = O.source_url;
  R.open = View.open;
  R.source = [&](const std::string &File) -> std::shared_ptr<const std::string> {
    std::optional<std::string> Text = !View.source || View.touched.count(File) ? std::nullopt : T.read(File);
    return Text ? std::make_shared<const std::string>(std::move(*Text)) : nullptr;
  };
  if (!T.mounted().empty()) {
    R.shown_text = [&](const std::string &Text) { return T.shown(Text); };
    R.shown_file = [&](const std::string &File) { return T.shownFile(File); };
  }
  return pages::render(P, R);
}

} // namespace krcu
