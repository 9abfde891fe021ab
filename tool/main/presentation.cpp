// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/presentation.h"
#include "tool/pages/escape.h"
#include "tool/pages/render.h"
#include "tool/series/git.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

using llvm::StringRef;

namespace krcu {

void rememberArguments(int Argc, char **Argv, PrintOptions &To) {
  for (int N = 2; N < Argc; ++N)
    To.arguments.push_back(Argv[N]);
}

void addPageOptions(CLI::App &Command, PrintOptions &O) {
  Command.add_option("--source-url", O.source_url, "with --format html: where the lines of this tree can be read, %f for the file and %l for the line ('https://.../%f#L%l')")->allow_extra_args(false);
}

llvm::Error checkPrintOptions(const PrintOptions &O, const std::string &Format) {
  if (O.source_url.empty())
    return llvm::Error::success();
  if (Format != "html")
    return fail("--source-url is for pages; give --format html, too");
  return pages::checkSourceUrl(O.source_url);
}

std::string commitOf(const std::string &Root) {
  series::GitLibrary Git;
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
