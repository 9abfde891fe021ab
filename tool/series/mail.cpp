// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bodies go out as 8bit: a kernel patch must reach the list byte for byte, and quoted-printable is what list readers cannot read. Only
// headers, which must be ASCII, are encoded.
#include "tool/series/mail.h"

#include "tool/series/git.h"
#include "tool/support/sink.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include <algorithm>
#include <cctype>
#include <ctime>

namespace krcu::series {
namespace {

constexpr size_t EncodedWordColumns = 75, FileNameLength = 64;

bool isAscii(llvm::StringRef Text) {
  return std::all_of(Text.begin(), Text.end(), [](unsigned char C) { return C >= 0x20 && C < 0x7F; });
}

bool isUtf8(llvm::StringRef Text) {
  const auto *Begin = reinterpret_cast<const llvm::UTF8 *>(Text.data());
  return llvm::isLegalUTF8String(&Begin, Begin + Text.size());
}

/// One character's bytes in the Q encoding.
std::string quoted(llvm::StringRef Character) {
  std::string Out;
  for (unsigned char C : Character) {
    if (llvm::isAlnum(static_cast<char>(C)) || C == '!' || C == '*' || C == '+' || C == '-' || C == '/')
      Out += static_cast<char>(C);
    else if (C == ' ')
      Out += "_";
    else
      Out += "=" + llvm::utohexstr(C, false, 2);
  }
  return Out;
}

std::string encodedWords(llvm::StringRef Text, size_t Column) {
  bool Utf8 = isUtf8(Text);
  const std::string Begin = Utf8 ? "=?UTF-8?q?" : "=?ISO-8859-1?q?";
  std::string Out = Begin;
  size_t Used = Column + Begin.size();
  for (size_t I = 0; I < Text.size();) {
    size_t Length = Utf8 ? llvm::getNumBytesForUTF8(static_cast<llvm::UTF8>(Text[I])) : 1;
    std::string Piece = quoted(Text.substr(I, Length));
    if (Used + Piece.size() + 2 > EncodedWordColumns) {
      Out += "?=\n " + Begin;
      Used = 1 + Begin.size();
    }
    Out += Piece;
    Used += Piece.size();
    I += Length;
  }
  return Out + "?=";
}

std::string headerAddress(const Address &Given, size_t Column) {
  const Address A{inHeader(Given.name), inHeader(Given.mail)};
  if (A.name.empty())
    return A.mail;
  std::string Plain = plainPersonName(A);
  std::string Name = isAscii(Plain) ? A.name : encodedWords(Plain, Column);
  return Name + " <" + A.mail + ">";
}

void addAddresses(std::string &Out, const char *Header, const std::vector<Address> &List) {
  if (List.empty())
    return;
  Out += std::string(Header) + ": ";
  for (size_t I = 0; I < List.size(); ++I)
    Out += (I ? ",\n " : "") + headerAddress(List[I], 4);
  Out += "\n";
}

std::string padded(unsigned Number, unsigned Total) {
  std::string Out = std::to_string(Number);
  size_t Width = std::to_string(Total).size();
  return std::string(Width > Out.size() ? Width - Out.size() : 0, '0') + Out;
}

std::string subjectPrefix(const Mail &M) {
  std::string Out = "[PATCH";
  if (!M.tag.empty())
    Out += " " + M.tag;
  if (M.total > 1)
    Out += " " + padded(M.number, M.total) + "/" + std::to_string(M.total);
  return Out + "] ";
}

} // namespace

std::string encodeHeader(llvm::StringRef Text, size_t Column) {
  // ASCII is not folded: some programs that read patches stumble over a folded subject, and none over 100 columns.
  const std::string Value = inHeader(Text);
  return isAscii(Value) ? Value : encodedWords(Value, Column);
}

std::string mailDate(int64_t Seconds) {
  std::time_t Time = Seconds;
  std::tm Parts{};
  gmtime_r(&Time, &Parts);
  static const char *const Days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char *const Months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char Buffer[80];
  std::snprintf(Buffer, sizeof Buffer, "%s, %d %s %d %02d:%02d:%02d +0000", Days[Parts.tm_wday], Parts.tm_mday, Months[Parts.tm_mon],
                Parts.tm_year + 1900, Parts.tm_hour, Parts.tm_min, Parts.tm_sec);
  return Buffer;
}

std::string formatMail(const Mail &M) {
  std::string Out = "From " + (M.commit.empty() ? std::string(40, '0') : M.commit) + " Mon Sep 17 00:00:00 2001\n";
  if (!M.message_id.empty())
    Out += "Message-Id: <" + M.message_id + ">\n";
  if (!M.in_reply_to.empty())
    Out += "In-Reply-To: <" + M.in_reply_to + ">\nReferences: <" + M.in_reply_to + ">\n";
  Out += "From: " + headerAddress(M.from, 6) + "\n";
  Out += "Date: " + mailDate(M.date) + "\n";
  std::string Prefix = subjectPrefix(M);
  Out += "Subject: " + Prefix + encodeHeader(M.subject, 9 + Prefix.size()) + "\n";
  std::vector<Address> To, Cc;
  for (const Recipient &R : M.recipients)
    (R.role == Role::Maintainer ? To : Cc).push_back(R.address);
  if (To.empty())
    To.swap(Cc); // nobody maintains it: the lists are asked
  addAddresses(Out, "To", To);
  addAddresses(Out, "Cc", Cc);
  Out += "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n";
  Out += M.body;
  Out += M.diff.empty() ? "\n" : "---\n";
  if (!M.notes.empty())
    Out += M.notes + "\n";
  Out += M.stat + "\n";
  Out += M.diff;
  // A file without a final newline ends its hunk with git's remark, which has one: the diff always ends with a newline.
  if (!M.base_commit.empty())
    Out += std::string(M.diff.empty() ? "" : "\n") + "base-commit: " + M.base_commit + "\n";
  return Out + "-- \n" + M.version + "\n\n";
}

std::string mailFileName(const Mail &M) {
  std::string Slug;
  for (char C : M.number == 0 ? llvm::StringRef("cover letter") : llvm::StringRef(M.subject)) {
    bool Keep = llvm::isAlnum(C) || C == '.' || C == '_';
    if (Keep && !(C == '.' && (Slug.empty() || Slug.back() == '.')))
      Slug += C;
    else if (!Keep && !Slug.empty() && Slug.back() != '-')
      Slug += '-';
  }
  char Number[16];
  std::snprintf(Number, sizeof Number, "%04u-", M.number);
  constexpr size_t Room = FileNameLength - 5 - 6 - 1;
  if (Slug.size() > Room)
    Slug.resize(Room);
  while (!Slug.empty() && (Slug.back() == '-' || Slug.back() == '.'))
    Slug.pop_back();
  return Number + Slug + ".patch";
}

llvm::Expected<std::string> diffStat(const std::string &Diff) {
  GitLibrary Library;
  git_diff *Raw = nullptr;
  if (git_diff_from_buffer(&Raw, Diff.data(), Diff.size()) != 0)
    return failGit("cannot read the diff again");
  GitDiff D(Raw);
  git_diff_stats *RawStats = nullptr;
  if (git_diff_get_stats(&RawStats, Raw) != 0)
    return failGit("cannot count the diff's lines");
  GitStats Stats(RawStats);
  git_buf Buffer = GIT_BUF_INIT;
  if (git_diff_stats_to_buf(&Buffer, RawStats, static_cast<git_diff_stats_format_t>(GIT_DIFF_STATS_FULL), 72) != 0)
    return failGit("cannot print the diff's statistics");
  std::string Out(Buffer.ptr, Buffer.size);
  git_buf_dispose(&Buffer);
  return Out;
}

} // namespace krcu::series
