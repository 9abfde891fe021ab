// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/review/reply.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include <cerrno>
#include <cstdio>
#include <set>

using llvm::StringRef;

namespace krcu::review {
namespace {

/// Breaks a paragraph at 75 columns; words that are longer stay whole.
std::string folded(StringRef Text) {
  std::string Result, Line;
  for (StringRef Rest = Text; !Rest.empty();) {
    auto [Word, Tail] = Rest.split(' ');
    Rest = Tail;
    if (!Line.empty() && Line.size() + 1 + Word.size() > 75) {
      Result += Line + "\n";
      Line.clear();
    }
    Line += (Line.empty() ? "" : " ") + Word.str();
  }
  return Result + Line + "\n";
}

/// A header's value on one line: nothing of a mail may begin a header of ours.
std::string oneLine(StringRef Value) {
  std::string Result;
  for (char C : Value)
    Result += static_cast<unsigned char>(C) < 0x20 ? ' ' : C;
  return StringRef(Result).trim().str();
}

std::string quoted(const Hunk &H) {
  std::string Text = "> @@ -" + std::to_string(H.old_start) + "," + std::to_string(H.old_count) + " +" + std::to_string(H.new_start) + "," + std::to_string(H.new_count) + " @@\n";
  for (const HunkLine &L : H.lines)
    Text += "> " + std::string(1, L.kind) + StringRef(L.text).rtrim("\r").str() + "\n";
  return Text;
}

/// The hunk that changes the line of a finding. Hunks may have moved, so the nearest one counts.
const Hunk *hunkOf(const FileDiff &D, const Finding &F) {
  const Hunk *Best = nullptr;
  unsigned Distance = ~0u;
  for (const Hunk &H : D.hunks) {
    unsigned Start = F.old_line ? H.old_start : H.new_start, Count = F.old_line ? H.old_count : H.new_count;
    unsigned Away = F.line < Start ? Start - F.line : F.line > Start + Count ? F.line - Start - Count : 0;
    if (Away < Distance)
      Best = &H, Distance = Away;
  }
  return Best;
}

} // namespace

std::string replyTo(const PatchReview &P, const Column &C) {
  const ReviewPatch &Patch = *P.patch;
  std::string Out;
  std::string Subject = oneLine((Patch.prefix.empty() ? "" : Patch.prefix + " ") + Patch.subject);
  if (!Patch.from.empty())
    Out += "To: " + oneLine(Patch.from) + "\n";
  std::string Copies = oneLine(Patch.to + (Patch.to.empty() || Patch.cc.empty() ? "" : ", ") + Patch.cc);
  if (!Copies.empty())
    Out += "Cc: " + Copies + "\n";
  Out += "Subject: Re: " + Subject + "\n";
  if (!Patch.message_id.empty()) {
    Out += "In-Reply-To: <" + oneLine(Patch.message_id) + ">\n";
    Out += "References: " + (Patch.references.empty() ? "" : oneLine(Patch.references) + " ") + "<" + oneLine(Patch.message_id) + ">\n";
  }
  Out += "\n";
  if (!Patch.from.empty())
    Out += (Patch.date.empty() ? "" : "On " + oneLine(Patch.date) + ", ") + oneLine(Patch.from) + " wrote:\n";
  std::string Tree = "Linux " + C.version;
  for (const std::string &A : C.assumed)
    Tree += ", assuming " + A;
  Out += "\n" + folded(std::string(verdictTitle(P.verdict)) + " against " + Tree + (P.verdict == PatchVerdict::Ok ? "." : ":")) + "\n";
  for (const FileReview &F : P.files) {
    const FileDiff *D = nullptr;
    for (const FileDiff &Each : Patch.diff.files)
      if (Each.path() == F.file)
        D = &Each;
    std::set<const Hunk *> Quoted;
    for (const Finding &Each : F.findings) {
      if (Each.verdict == PatchVerdict::Ok && P.verdict != PatchVerdict::Ok)
        continue;
      const Hunk *H = D ? hunkOf(*D, Each) : nullptr;
      if (H && Quoted.insert(H).second)
        Out += "> diff --git a/" + F.file + " b/" + F.file + "\n" + quoted(*H) + "\n";
      Out += folded((P.files.size() > 1 && !H && !F.file.empty() ? F.file + ": " : "") + Each.reason + ".");
      for (const Evidence &E : Each.evidence)
        Out += "  " + E.file + (E.line ? ":" + std::to_string(E.line) : "") + (E.function.empty() ? "" : " " + E.function + "()") + ": " + E.text + "\n";
      Out += "\n";
    }
  }
  if (P.files.empty() || P.reason.find("changes no") != std::string::npos)
    Out += folded("The patch " + P.reason + ".");
  return Out;
}

llvm::Expected<std::vector<std::string>> writeReplies(const Column &C, const std::string &Directory) {
  namespace fs = llvm::sys::fs;
  std::error_code EC;
  if (fs::exists(Directory)) {
    if (!fs::is_directory(Directory) || fs::directory_iterator(Directory, EC) != fs::directory_iterator())
      return failAt(Directory, 0, 0, "is not an empty directory", "give --reply a new directory; nothing was written");
  } else if ((EC = fs::create_directory(Directory))) {
    return failErrno(Directory, EC.value(), "give --reply a new directory below an existing one");
  }
  std::vector<std::string> Names;
  for (size_t N = 0; N < C.patches.size(); ++N) {
    char Number[32];
    std::snprintf(Number, sizeof(Number), "%04zu", N + 1);
    std::string Slug;
    for (char Ch : StringRef(C.patches[N].patch->subject).take_front(60))
      if (llvm::isAlnum(Ch))
        Slug += Ch;
      else if (!Slug.empty() && Slug.back() != '-')
        Slug += '-';
    std::string Name = std::string(Number) + "-" + StringRef(Slug).rtrim('-').str() + ".txt";
    if (llvm::Error E = writeFileAtomically(Directory + "/" + Name, replyTo(C.patches[N], C)))
      return E;
    Names.push_back(Name);
  }
  return Names;
}

} // namespace krcu::review
